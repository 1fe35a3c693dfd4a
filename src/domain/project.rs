//! A project as routing and replying see it.

use super::{Address, message::RoutedAddress};

/// A product or queue inside a desk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The short name in the configuration, e.g. `app`.
    pub id: String,
    pub name: String,
    /// Addresses that lead here; `*@domain` takes a whole domain.
    pub addresses: Vec<String>,
    /// Received, never sent from.
    pub retired_addresses: Vec<String>,
    pub from: Address,
    /// How the sender's name is made, e.g. `{agent} ({project})`; `None` keeps the name in `from`.
    pub from_style: Option<String>,
    pub signature: String,
    pub is_default: bool,
    pub reopen_on_reply: bool,
}

/// The project a mail belongs to and the header that decided it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub project: String,
    /// The recipient address that matched; empty when only the default project was left.
    pub address: String,
    /// The header's name; `default` when none matched.
    pub header: String,
}

/// Chooses the project for a mail that starts a ticket.
///
/// The recipients are asked in the order given. For each, an exact address of any
/// project comes first, then the address with plus-tags taken off one by one from the
/// end (so `support+app+t7@…` is `support+app@…`), then patterns, the longest first.
/// The default project takes the rest.
pub fn route(recipients: &[RoutedAddress], projects: &[Project]) -> Route {
    for recipient in recipients {
        if let Some(project) = owner(&recipient.address.to_lowercase(), projects) {
            return Route { project: project.id.clone(), address: recipient.address.clone(), header: recipient.header.clone() };
        }
    }
    let fallback = projects.iter().find(|project| project.is_default).or_else(|| projects.first());
    Route { project: fallback.map(|project| project.id.clone()).unwrap_or_default(), address: String::new(), header: "default".into() }
}

fn owner<'a>(address: &str, projects: &'a [Project]) -> Option<&'a Project> {
    let exact = with_fewer_tags(address).find_map(|form| projects.iter().find(|project| project.has_exactly(&form)));
    exact.or_else(|| {
        let fitting = projects.iter().filter_map(|project| project.longest_pattern(address).map(|length| (length, project)));
        // Of two equally long patterns the project that comes first has it.
        fitting.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, project)| project)
    })
}

/// Tells whether an address is one of the desk's own, current or retired.
pub fn is_own_address(address: &str, mailbox: &str, projects: &[Project]) -> bool {
    let address = address.to_lowercase();
    without_tag(&address) == without_tag(&mailbox.to_lowercase()) || owner(&address, projects).is_some()
}

/// `local+tag@domain` without the tag (RFC 5233).
pub fn without_tag(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
        None => address.to_owned(),
    }
}

/// At most so many plus-tags are taken off.
const TAGS: usize = 8;

/// The address as it stands, then with one plus-tag fewer each time.
fn with_fewer_tags(address: &str) -> impl Iterator<Item = String> + '_ {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let mut rest = Some(local);
    std::iter::from_fn(move || {
        let form = rest?;
        rest = form.rsplit_once('+').map(|(before, _)| before).filter(|before| !before.is_empty());
        Some(if domain.is_empty() { form.to_owned() } else { format!("{form}@{domain}") })
    })
    .take(TAGS)
}

impl Project {
    fn has_exactly(&self, address: &str) -> bool {
        self.forms().any(|form| form.eq_ignore_ascii_case(address) || form.to_lowercase() == address) || self.from.key() == address
    }

    /// The length of the longest pattern that fits, its `*` not counted.
    fn longest_pattern(&self, address: &str) -> Option<usize> {
        self.forms().map(|form| form.to_lowercase()).filter(|form| fits(form, address)).map(|form| form.len()).max()
    }

    fn forms(&self) -> impl Iterator<Item = &String> {
        self.addresses.iter().chain(&self.retired_addresses)
    }
}

/// Whether an address fits a pattern with one `*`, as `*@app.example.com` or `app-*@example.com`.
pub fn fits(pattern: &str, address: &str) -> bool {
    let Some((before, behind)) = pattern.split_once('*') else { return false };
    address.len() >= before.len() + behind.len() && address.contains('@') && address.starts_with(before) && address.ends_with(behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(id: &str, addresses: &[&str]) -> Project {
        Project { id: id.into(), addresses: addresses.iter().map(|a| (*a).to_owned()).collect(), ..Project::default() }
    }

    fn to(header: &str, address: &str) -> RoutedAddress {
        RoutedAddress { header: header.into(), address: address.into() }
    }

    #[test]
    fn an_exact_address_beats_a_pattern() {
        let projects = [project("all", &["*@x.example"]), project("app", &["app@x.example"])];

        assert_eq!(route(&[to("To", "App@X.example")], &projects).project, "app");
        assert_eq!(route(&[to("To", "other@x.example")], &projects).project, "all");
    }

    #[test]
    fn the_first_header_with_an_own_address_decides() {
        let projects = [project("app", &["support+app@x.example"]), project("web", &["support+web@x.example"])];

        let route = route(&[to("To", "friend@y.example"), to("Delivered-To", "support+web@x.example"), to("Cc", "support+app@x.example")], &projects);

        assert_eq!((route.project.as_str(), route.header.as_str()), ("web", "Delivered-To"));
    }

    #[test]
    fn plus_tags_are_taken_off_one_by_one() {
        let projects = [project("box", &["support@x.example"]), project("app", &["support+app@x.example"])];

        for (address, id) in [("support+app@x.example", "app"), ("Support+App+t7@x.example", "app"), ("support+t7@x.example", "box")] {
            assert_eq!(route(&[to("To", address)], &projects).project, id, "{address}");
        }
    }

    #[test]
    fn the_longest_pattern_wins_and_stands_behind_an_address() {
        let projects =
            [project("all", &["*@x.example"]), project("app", &["app-*@x.example", "web@x.example"]), project("deep", &["*@deep.x.example"])];

        for (address, id) in [
            ("anything@x.example", "all"),
            ("app-billing@x.example", "app"),
            ("web+t3@x.example", "app"),
            ("a@deep.x.example", "deep"),
            ("app-@x.example", "app"),
        ] {
            assert_eq!(route(&[to("To", address)], &projects).project, id, "{address}");
        }
        assert_eq!(route(&[to("To", "a@y.example")], &projects).header, "default");
    }

    #[test]
    fn a_retired_address_still_leads_to_its_project() {
        let mut app = project("app", &["app@x.example"]);
        app.retired_addresses = vec!["Help@old.example".into()];
        let projects = [project("web", &["web@x.example"]), app];

        assert_eq!(route(&[to("Delivered-To", "help+old@OLD.example")], &projects).project, "app");
        assert!(is_own_address("HELP@old.example", "", &projects));
    }

    #[test]
    fn what_matches_nothing_goes_to_the_default_project() {
        let mut web = project("web", &["web@x.example"]);
        web.is_default = true;

        assert_eq!(
            route(&[], &[project("app", &["app@x.example"]), web]),
            Route { project: "web".into(), address: String::new(), header: "default".into() }
        );
    }
}
