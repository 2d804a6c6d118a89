//! As much of a shell script as the rules need: its commands, word by word.

/// One command of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// Line of the script on which it begins, from 0.
    pub(crate) line: usize,
    /// Its words without quotes.
    pub(crate) words: Vec<String>,
}

impl Command {
    /// Whether it begins with these words, whatever is assigned or prefixed before.
    pub(crate) fn runs(&self, words: &[&str]) -> bool {
        let plain = self.plain();
        plain.len() >= words.len() && plain.iter().zip(words).all(|(one, other)| one == other)
    }

    /// Its words without assignments and `sudo` before them.
    pub(crate) fn plain(&self) -> Vec<&str> {
        let skipped = |word: &&str| {
            let assignment = word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            });
            assignment
                || ["sudo", "time", "exec", "if", "!", "then", "while", "until", "do", "("].contains(word)
        };
        self.words.iter().map(String::as_str).skip_while(|word| skipped(word)).collect()
    }

    /// The value of a flag, written `--flag value` or `--flag=value`.
    pub(crate) fn flag(&self, name: &str) -> Option<&str> {
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            if word == name {
                return words.next().map(String::as_str);
            }
            if let Some(value) = word.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) {
                return Some(value);
            }
        }
        None
    }
}

/// The commands of a script, in order; what `$(...)` runs stands on its own.
pub(crate) fn commands(script: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut current = Command { line: 0, words: Vec::new() };
    let mut word = String::new();
    let mut quote = None;
    let mut line = 0;
    let mut chars = script.chars().peekable();
    let end_word = |word: &mut String, current: &mut Command| {
        if !word.is_empty() {
            current.words.push(std::mem::take(word));
        }
    };
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        match (c, quote) {
            ('\\', None | Some('"')) if next == Some('\n') => {
                chars.next();
                line += 1;
                end_word(&mut word, &mut current);
            }
            ('$', None | Some('"')) if next == Some('(') => {
                chars.next();
                end_word(&mut word, &mut current);
                finish(&mut commands, &mut current, line);
            }
            ('\'' | '"', None) => quote = Some(c),
            (c, Some(open)) if c == open => quote = None,
            ('\n', Some(_)) => {
                line += 1;
                word.push(c);
            }
            ('#', None) if word.is_empty() => while chars.next_if(|c| *c != '\n').is_some() {},
            ('\n' | ';' | '|' | '&' | ')', None) => {
                end_word(&mut word, &mut current);
                finish(&mut commands, &mut current, line);
                if c == '\n' {
                    line += 1;
                }
                current.line = line;
            }
            (c, None) if c.is_whitespace() => end_word(&mut word, &mut current),
            (c, _) => word.push(c),
        }
    }
    end_word(&mut word, &mut current);
    finish(&mut commands, &mut current, line);
    commands
}

fn finish(commands: &mut Vec<Command>, current: &mut Command, line: usize) {
    if !current.words.is_empty() {
        commands.push(std::mem::replace(current, Command { line, words: Vec::new() }));
    }
    current.line = line;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_lines_quotes_and_substitutions_are_read_as_a_shell_reads_them() {
        let script = "STATUS=$(curl -s -o /dev/null -w \"%{http_code}\" $ENDPOINT)\n# nothing\nhelm upgrade x ./c \\\n  --set image.tag=1 && kubectl get pods";
        let commands = commands(script);
        let all: Vec<(usize, Vec<&str>)> = commands.iter().map(|one| (one.line, one.plain())).collect();
        assert_eq!(all[1], (0, vec!["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "$ENDPOINT"]));
        assert_eq!(all[2], (2, vec!["helm", "upgrade", "x", "./c", "--set", "image.tag=1"]));
        assert_eq!(all[3].1, ["kubectl", "get", "pods"]);
        assert_eq!(commands[2].flag("--set"), Some("image.tag=1"));
    }
}
