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
/// The recipients are asked in the order given; an exact address of any project
/// beats a `*@domain` pattern for the same recipient. The default project takes the rest.
pub fn route(recipients: &[RoutedAddress], projects: &[Project]) -> Route {
    for recipient in recipients {
        let address = recipient.address.to_lowercase();
        let exact = projects.iter().find(|project| project.is_own_exact(&address));
        let chosen = exact.or_else(|| projects.iter().find(|project| project.is_own(&address)));
        if let Some(project) = chosen {
            return Route { project: project.id.clone(), address: recipient.address.clone(), header: recipient.header.clone() };
        }
    }
    let fallback = projects.iter().find(|project| project.is_default).or_else(|| projects.first());
    Route { project: fallback.map(|project| project.id.clone()).unwrap_or_default(), address: String::new(), header: "default".into() }
}

/// Tells whether an address is one of the desk's own, current or retired.
pub fn is_own_address(address: &str, mailbox: &str, projects: &[Project]) -> bool {
    let address = address.to_lowercase();
    without_tag(&address) == without_tag(&mailbox.to_lowercase()) || projects.iter().any(|project| project.is_own(&address))
}

/// `local+tag@domain` without the tag (RFC 5233).
pub fn without_tag(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{}@{domain}", local.split('+').next().unwrap_or(local)),
        None => address.to_owned(),
    }
}

impl Project {
    fn is_own_exact(&self, address: &str) -> bool {
        self.patterns().any(|pattern| pattern == address) || self.from.key() == address
    }

    /// Exact, by pattern, or an own address with a further plus-tag.
    fn is_own(&self, address: &str) -> bool {
        let plain = without_tag(address);
        self.is_own_exact(address)
            || self.patterns().any(|pattern| match pattern.strip_prefix("*@") {
                Some(domain) => address.rsplit_once('@').is_some_and(|(_, theirs)| theirs == domain),
                None => pattern == plain,
            })
    }

    fn patterns(&self) -> impl Iterator<Item = String> {
        self.addresses.iter().chain(&self.retired_addresses).map(|pattern| pattern.to_lowercase())
    }
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
    fn what_matches_nothing_goes_to_the_default_project() {
        let mut web = project("web", &["web@x.example"]);
        web.is_default = true;

        assert_eq!(
            route(&[], &[project("app", &["app@x.example"]), web]),
            Route { project: "web".into(), address: String::new(), header: "default".into() }
        );
    }
}
