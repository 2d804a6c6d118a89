//! What libFuzzer says of a target, in a line.

use std::time::Duration;

/// The head of the table.
pub(super) const HEAD: &str = "target          minutes        inputs      edges    corpus  peak MiB  finding";

/// What was tried.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Figures {
    time: Duration,
    /// Inputs that were read.
    inputs: u64,
    /// Branches of the code that some input reached.
    edges: u64,
    /// Inputs that are kept because they reach something that no smaller one does.
    corpus: u64,
    /// MiB of the process at most.
    memory: u64,
}

impl Figures {
    /// Takes a line of libFuzzer's: its progress, or its final figures.
    pub(super) fn hear(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        let number = |word: Option<&str>| {
            let word = word?.split('/').next()?;
            word.parse::<u64>().ok()
        };
        while let Some(word) = words.next() {
            let figure = match word {
                "cov:" => &mut self.edges,
                "corp:" => &mut self.corpus,
                "stat::number_of_executed_units:" => &mut self.inputs,
                "stat::peak_rss_mb:" => &mut self.memory,
                _ => continue,
            };
            *figure = number(words.next()).unwrap_or(*figure);
        }
    }

    pub(super) const fn lasted(&mut self, time: Duration) {
        self.time = time;
    }

    /// A row of the table.
    pub(super) fn line(&self, name: &str, clean: bool) -> String {
        let Self { time, inputs, edges, corpus, memory } = self;
        let minutes = time.as_secs_f64() / 60.0;
        let finding = if clean { "none" } else { "YES" };
        format!("{name:<15} {minutes:>7.1} {inputs:>13} {edges:>10} {corpus:>9} {memory:>9}  {finding}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_each_figure_counts() {
        let mut figures = Figures::default();
        for line in [
            "#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 35Mb",
            "#8707102\tREDUCE cov: 5095 ft: 20914 corp: 4029/832Kb lim: 20722 exec/s: 2921 rss: 237Mb L: 33/16678 MS: 1 \
             EraseBytes-",
            "stat::number_of_executed_units: 9000000",
            "stat::peak_rss_mb:              240",
            "\"corp:\" # Uses: 12, and cov: none",
        ] {
            figures.hear(line);
        }
        figures.lasted(Duration::from_secs(3_630));
        let expected = "expressions        60.5       9000000       5095      4029       240  none";
        assert_eq!(figures.line("expressions", true), expected);
        assert_eq!(HEAD.len(), expected.len() + 3);
    }
}
