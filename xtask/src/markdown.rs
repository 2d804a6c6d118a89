//! What the documents promise: paths and checks, read off their Markdown.

/// Words in single backticks and targets of links, in order. Code blocks are not prose.
pub(crate) fn references(text: &str) -> Vec<&str> {
    prose(text).flat_map(|line| backticked(line).into_iter().chain(links(line))).collect()
}

/// The words in single backticks of one line.
pub(crate) fn backticked(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

/// The lines outside of code blocks.
pub(crate) fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or(target))
        .filter(|target| !target.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_backticks_and_links_outside_of_code_blocks() {
        let text = "See `crates/a` and [the guide](crates/b.md#top).\n```sh\n`not/this`\n```\n`bins/c`\n";
        assert_eq!(references(text), ["crates/a", "crates/b.md", "bins/c"]);
    }
}
