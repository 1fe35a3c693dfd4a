//! Which key does what: a function over the registry and the user's overrides.

use super::key::{Key, parse_sequence, print_sequence};
use super::verb::Verb;
use crate::action::{self, Action, Scope};
use crate::domain::words;

/// A key from the configuration, with the line it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    pub scope: String,
    pub key: String,
    /// An action and its arguments, as behind `:`. Empty: the key does nothing.
    pub command: String,
    pub line: usize,
}

/// One key sequence and what it runs.
#[derive(Clone, Debug)]
pub struct Binding {
    pub scope: Scope,
    pub keys: Vec<Key>,
    pub action: &'static Action,
    pub verb: Verb,
    pub title: String,
}

/// What a sequence of keys means so far.
#[derive(Debug)]
pub enum Lookup<'a> {
    Run(&'a Binding),
    /// More keys may follow.
    Prefix,
    Nothing,
}

/// All bindings, with what is wrong in the configuration.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    bindings: Vec<Binding>,
    pub problems: Vec<String>,
}

const SCOPES: [(&str, Scope); 11] = [
    ("global", Scope::Global),
    ("list", Scope::List),
    ("ticket", Scope::Ticket),
    ("compose", Scope::Compose),
    ("review", Scope::Review),
    ("help", Scope::Help),
    ("outbox", Scope::Outbox),
    ("jobs", Scope::Jobs),
    ("drafts", Scope::Drafts),
    ("conflicts", Scope::Conflicts),
    ("source", Scope::Source),
];

impl Keymap {
    /// The registry's keys, changed by the overrides.
    ///
    /// An override replaces the bindings of its key in its scope. One that cannot be
    /// understood, or stands twice, becomes a problem with its place in the file.
    pub fn new(overrides: &[Override], file: &str) -> Self {
        let mut map = Self::default();
        let place = |line: usize| format!("{file}:{line}");
        for action in action::all() {
            map.add_defaults(action);
        }
        let mut seen: Vec<(Scope, Vec<Key>, usize)> = Vec::new();
        for wish in overrides {
            match read(wish) {
                Ok((scope, keys, bound)) => {
                    if let Some((.., line)) = seen.iter().find(|(s, k, _)| *s == scope && *k == keys) {
                        map.problems.push(format!("{}: key `{}` in [keys.{}] is already set in line {line}", place(wish.line), wish.key, wish.scope));
                    }
                    map.bindings.retain(|binding| !(binding.scope == scope && binding.keys == keys));
                    seen.push((scope, keys, wish.line));
                    map.bindings.extend(bound);
                }
                Err(why) => map.problems.push(format!("{}: {why}", place(wish.line))),
            }
        }
        map
    }

    fn add_defaults(&mut self, action: &'static Action) {
        let Ok(verb) = Verb::of(action.name, &[]) else { return };
        for scope in action.scopes {
            for keys in action.keys.iter().filter_map(|keys| parse_sequence(keys).ok()) {
                self.bindings.push(Binding { scope: *scope, keys, action, verb: verb.clone(), title: action.title.to_owned() });
            }
        }
    }

    /// Finds what keys mean on a screen; the screen's own binding wins over a global one.
    pub fn look_up(&self, scope: Scope, keys: &[Key]) -> Lookup<'_> {
        let exact = |scope| self.bindings.iter().find(|binding| binding.scope == scope && binding.keys == keys);
        if let Some(binding) = exact(scope).or_else(|| exact(Scope::Global)) {
            return Lookup::Run(binding);
        }
        if self.active(scope).any(|binding| binding.keys.starts_with(keys)) { Lookup::Prefix } else { Lookup::Nothing }
    }

    /// What one key means in a scope itself, the global ones left aside.
    pub fn own(&self, scope: Scope, key: Key) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.scope == scope && binding.keys == [key])
    }

    /// Every binding that works on a screen, the screen's own first. While a text is typed, those on letters do not.
    pub fn active(&self, scope: Scope) -> impl Iterator<Item = &Binding> {
        let own = self.bindings.iter().filter(move |binding| binding.scope == scope);
        let hidden = move |keys: &[Key]| self.bindings.iter().any(|binding| binding.scope == scope && binding.keys == keys);
        let works = move |keys: &[Key]| scope != Scope::Compose || matches!(keys, [key] if key.typed().is_none() && !key.is_editing());
        let global = self.bindings.iter().filter(move |binding| scope != Scope::Global && binding.scope == Scope::Global);
        own.chain(global.filter(move |binding| !hidden(&binding.keys) && works(&binding.keys)))
    }

    /// What can follow a prefix: the keys that are left, and their titles.
    pub fn continuations(&self, scope: Scope, pending: &[Key]) -> Vec<(String, String)> {
        self.active(scope)
            .filter_map(|binding| binding.keys.strip_prefix(pending).filter(|rest| !rest.is_empty()).map(|rest| (rest, binding)))
            .map(|(rest, binding)| (print_sequence(rest), binding.title.clone()))
            .collect()
    }

    /// The lines of the help screen: all keys of an action, its title and its explanation.
    pub fn help(&self, scope: Scope) -> Vec<HelpLine> {
        let mut lines: Vec<HelpLine> = Vec::new();
        for binding in self.active(scope) {
            let keys = compact(&binding.keys);
            match lines.iter_mut().find(|line| line.title == binding.title && line.global == (binding.scope == Scope::Global)) {
                Some(line) => line.keys = format!("{} {}", line.keys, keys),
                None => lines.push(HelpLine {
                    keys,
                    title: binding.title.clone(),
                    help: on_screen(binding.action.help),
                    global: binding.scope == Scope::Global,
                }),
            }
        }
        lines
    }

    /// The first key of an action on a screen, for hints; `None` if it has none there.
    pub fn key_of(&self, scope: Scope, action: &str) -> Option<String> {
        self.active(scope).find(|binding| binding.action.name == action).map(|binding| print_sequence(&binding.keys))
    }
}

/// One line of the help screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpLine {
    pub keys: String,
    pub title: String,
    pub help: String,
    pub global: bool,
}

/// A sequence without blanks, so that it is told from several keys: `gg`, `zt`.
fn compact(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect()
}

/// The sentences that mean something here: what they say of options is for the shell.
fn on_screen(help: &str) -> String {
    let sentences = help.split_inclusive(". ");
    sentences.filter(|sentence| !sentence.contains("--")).collect::<String>().trim_end().to_owned()
}

fn read(wish: &Override) -> Result<(Scope, Vec<Key>, Option<Binding>), String> {
    let scope = SCOPES.iter().find(|(name, _)| *name == wish.scope).map(|(_, scope)| *scope);
    let scope = scope.ok_or_else(|| unknown("key scope", &wish.scope, SCOPES.iter().map(|(name, _)| *name)))?;
    let keys = parse_sequence(&wish.key).map_err(|error| error.to_string())?;
    let mut words = wish.command.split_whitespace().map(str::to_owned);
    let Some(name) = words.next() else { return Ok((scope, keys, None)) };
    let action = action::find(&name).ok_or_else(|| unknown("action", &name, action::all().map(|action| action.name)))?;
    let verb = Verb::of(action.name, &words.collect::<Vec<_>>())?;
    let title = if wish.command.trim() == action.name { action.title.to_owned() } else { wish.command.trim().to_owned() };
    Ok((scope, keys.clone(), Some(Binding { scope, keys, action, verb, title })))
}

fn unknown<'a>(kind: &str, word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let hint = words::nearest(word, known).map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    format!("unknown {kind} `{word}`{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(scope: &str, key: &str, command: &str, line: usize) -> Override {
        Override { scope: scope.into(), key: key.into(), command: command.into(), line }
    }

    #[test]
    fn every_default_key_is_one_and_stands_for_one_action_where_it_works() {
        for (_, scope) in SCOPES {
            let mut seen: Vec<(Vec<Key>, &str)> = Vec::new();
            for action in action::all().filter(|action| action.scopes.contains(&scope) || action.scopes.contains(&Scope::Global)) {
                for key in action.keys {
                    let keys = parse_sequence(key).unwrap_or_else(|error| panic!("{}: {error}", action.name));
                    for (other, name) in &seen {
                        let clash = other.starts_with(&keys) || keys.starts_with(other);
                        assert!(!clash || *name == action.name, "{scope:?}: `{key}` of {} and {name}", action.name);
                    }
                    seen.push((keys, action.name));
                }
            }
        }
    }

    #[test]
    fn no_action_depends_on_a_key_that_terminals_or_multiplexers_take() {
        let taken = ["ctrl-a", "ctrl-b", "ctrl-s", "ctrl-q", "alt-up", "alt-down", "alt-left", "alt-right"];
        for action in action::all().filter(|action| !action.keys.is_empty()) {
            assert!(action.keys.iter().any(|key| !taken.contains(key)), "{}", action.name);
        }
    }

    #[test]
    fn an_override_replaces_the_key_on_its_screen_alone() {
        let map = Keymap::new(&[wish("list", "p", "open", 7)], "c.toml");

        let Lookup::Run(binding) = map.look_up(Scope::List, &[Key::char('p')]) else { panic!("unbound") };
        assert_eq!(binding.action.name, "open");
        assert_eq!(map.key_of(Scope::Review, "keep-draft").as_deref(), Some("p"));
        assert!(map.problems.is_empty(), "{:?}", map.problems);
    }

    #[test]
    fn a_wrong_override_is_reported_with_its_line_and_the_nearest_name() {
        let map = Keymap::new(&[wish("lst", "p", "open", 3), wish("list", "entre", "open", 4), wish("list", "p", "opne", 5)], "c.toml");

        assert_eq!(map.problems.len(), 3);
        assert!(map.problems.iter().any(|p| p == "c.toml:3: unknown key scope `lst`, did you mean `list`?"), "{:?}", map.problems);
        assert!(map.problems.iter().any(|p| p == "c.toml:5: unknown action `opne`, did you mean `open`?"), "{:?}", map.problems);
    }

    #[test]
    fn a_key_set_twice_is_reported() {
        let map = Keymap::new(&[wish("list", "p", "open", 3), wish("list", "p", "filter", 9)], "c.toml");

        assert_eq!(map.problems, ["c.toml:9: key `p` in [keys.list] is already set in line 3"]);
    }

    #[test]
    fn a_prefix_waits_and_names_what_can_follow() {
        let map = Keymap::new(&[], "c.toml");

        assert!(matches!(map.look_up(Scope::List, &[Key::char('s')]), Lookup::Prefix));
        let mut keys: Vec<String> = map.continuations(Scope::List, &[Key::char('s')]).into_iter().map(|(key, _)| key).collect();
        keys.sort();
        assert_eq!(keys, ["h", "o", "p", "s", "x"]);
    }
}
