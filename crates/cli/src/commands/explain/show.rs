//! An explanation for people.

use jiff::Timestamp;
use rollout::{Explanation, Remedy, Wait};

use crate::render::{duration, icon, table, text};
use crate::{Context, Env, Paint};

/// Columns when the output does not go to a terminal.
const WIDTH: usize = 100;
const INDENT: &str = "    ";

/// Commands as the user types them.
pub(super) struct Typed {
    program: String,
    pub(super) name: String,
    /// The flags that say where the Rollout is, as they were given.
    place: String,
}

impl Typed {
    pub(super) fn new(context: &Context<'_>, name: &str) -> Self {
        let flags = context.flags;
        let given =
            [("-n", &flags.namespace), ("--context", &flags.context), ("--kubeconfig", &flags.kubeconfig)];
        let place =
            given.into_iter().filter_map(|(flag, value)| Some(format!(" {flag} {}", value.as_ref()?)));
        Self { program: context.env.typed(), name: name.to_owned(), place: place.collect() }
    }

    /// A command of the table of rules, whole.
    pub(super) fn command(&self, line: &str) -> String {
        format!("{} {}{}", self.program, line.replace("{name}", &self.name), self.place)
    }
}

pub(super) fn text(why: &Explanation, namespace: &str, typed: &Typed, env: &Env) -> String {
    let page = Page {
        now: env.now(),
        paint: if env.columns.is_some() { env.paint } else { Paint::Plain },
        width: env.columns.unwrap_or(WIDTH).clamp(40, 120),
        typed,
    };
    let mut out = page.head(why, namespace);
    for wait in &why.waits {
        out.push('\n');
        out.push_str(&page.wait(wait));
    }
    if why.waits.is_empty() {
        out.push('\n');
        out.push_str(&page.wrapped(&nothing(why)));
    }
    out.push('\n');
    out.push_str(&page.next(why));
    out
}

/// What there is to say when nothing is awaited.
fn nothing(why: &Explanation) -> String {
    match why.phase {
        Some(_) if !why.next.is_empty() => "It waits for nothing but the controller.".to_owned(),
        None => "No controller has looked at it yet.".to_owned(),
        Some(crd::RolloutPhase::Healthy) => {
            "It waits for nothing: the newest version is the stable one, and whole.".to_owned()
        }
        Some(_) => "It waits for nothing.".to_owned(),
    }
}

struct Page<'a> {
    now: Timestamp,
    paint: Paint,
    width: usize,
    typed: &'a Typed,
}

impl Page<'_> {
    fn head(&self, why: &Explanation, namespace: &str) -> String {
        let phase = why.phase.map_or("not seen yet", |phase| phase.as_str());
        let icon = self.paint.icon(icon::rollout(phase));
        let mut head = format!("Rollout {namespace}/{}: {icon} {phase}", self.typed.name);
        if !why.message.is_empty() {
            head = format!("{head} - {}", why.message);
        }
        let mut out = self.wrapped(&head);
        let step = why.step.as_ref().map(|at| format!("step {} of {} ({})", at.number, at.of, at.what));
        let weight = why.weight.map(|weight| format!("{weight} % of the traffic at the new version"));
        let place: Vec<String> = step.into_iter().chain(weight).collect();
        if !place.is_empty() {
            out.push_str(&self.wrapped(&format!("At {}.", place.join(", "))));
        }
        out
    }

    fn wait(&self, wait: &Wait) -> String {
        let mut out = self.wrapped(&format!("It {}: {}", wait.about, wait.reason.detail));
        let times = [("since", wait.reason.since), ("until", wait.reason.until)];
        let mut rows: Vec<Vec<String>> = times
            .into_iter()
            .filter_map(|(word, time)| Some(vec![INDENT.to_owned() + word, self.moment(time?.timestamp())]))
            .collect();
        rows.push(vec![format!("{INDENT}rule"), wait.reason.rule.to_owned()]);
        out.push_str(&table::aligned(&rows));
        let wide = wait.remedies.iter().filter_map(|remedy| match remedy {
            Remedy::Command { line, .. } => Some(table::width(&self.typed.command(line))),
            Remedy::Wait(_) | Remedy::Mend(_) => None,
        });
        let wide = wide.max().unwrap_or(0);
        for remedy in wait.remedies {
            match remedy {
                Remedy::Command { line, effect } => {
                    let command = table::padded(&self.typed.command(line), wide);
                    out.extend([INDENT, "→ ", &command, "  ", effect, "\n"]);
                }
                Remedy::Wait(text) | Remedy::Mend(text) => {
                    out.push_str(&text::wrapped(&format!("→ {text}"), self.width, INDENT, "      "));
                }
            }
        }
        out
    }

    fn next(&self, why: &Explanation) -> String {
        if why.next.is_empty() {
            return match why.looks_again {
                Some(time) => {
                    let time = self.moment(time.timestamp());
                    self.wrapped(&format!(
                        "Next: nothing. The controller looks again at {time}, or when something changes."
                    ))
                }
                None => "Next: nothing. The controller looks again when something changes.\n".to_owned(),
            };
        }
        let mut out = "Next, the controller will:\n".to_owned();
        for what in &why.next {
            out.push_str(&text::wrapped(&format!("- {what}"), self.width, "  ", "    "));
        }
        out.push_str(&self.wrapped(
            "If it says so again in a minute, no controller works on this Rollout: see that one runs.",
        ));
        out
    }

    /// A moment, and how far away it is.
    fn moment(&self, moment: Timestamp) -> String {
        let shown = crd::Time::from(moment);
        if moment > self.now {
            format!("{shown} (in {})", duration::between(self.now, moment))
        } else {
            format!("{shown} ({} ago)", duration::between(moment, self.now))
        }
    }

    fn wrapped(&self, text: &str) -> String {
        text::wrapped(text, self.width, "", INDENT)
    }
}
