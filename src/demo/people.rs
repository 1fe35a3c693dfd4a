//! The four agents, and as many customers as are needed.

use super::rng::Rng;

#[derive(Clone, Copy, Debug)]
pub(super) struct AgentCard {
    pub(super) name: &'static str,
    pub(super) display: &'static str,
}

pub(super) const AGENTS: [AgentCard; 4] = [
    AgentCard { name: "ana", display: "Ana Ruiz" },
    AgentCard { name: "ben", display: "Ben Okafor" },
    AgentCard { name: "chiara", display: "Chiara Conti" },
    AgentCard { name: "kenji", display: "Kenji Mori" },
];

/// The display name of an agent; the short name itself for somebody unknown.
pub(super) fn display(name: &'static str) -> &'static str {
    AGENTS.iter().find(|agent| agent.name == name).map_or(name, |agent| agent.display)
}

#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) first: String,
    pub(super) address: String,
    /// Minutes east of Greenwich.
    pub(super) zone: i32,
    pub(super) company: &'static str,
}

type Spelled = (&'static str, &'static str);

const EN: (&[Spelled], &[Spelled]) = (
    &[
        ("Alice", "alice"),
        ("Morgan", "morgan"),
        ("Priya", "priya"),
        ("Gareth", "gareth"),
        ("Siobhán", "siobhan"),
        ("Tom", "tom"),
        ("Nia", "nia"),
        ("Owen", "owen"),
        ("Ruth", "ruth"),
        ("Samir", "samir"),
        ("Ingrid", "ingrid"),
        ("Caleb", "caleb"),
        ("Edith", "edith"),
        ("Femi", "femi"),
        ("Joan", "joan"),
        ("Hamish", "hamish"),
    ],
    &[
        ("Walker", "walker"),
        ("Pritchard", "pritchard"),
        ("Nair", "nair"),
        ("O'Shea", "oshea"),
        ("Whitfield", "whitfield"),
        ("Adeyemi", "adeyemi"),
        ("Larsen", "larsen"),
        ("Bright", "bright"),
        ("Khan", "khan"),
        ("Macleod", "macleod"),
        ("Tanner", "tanner"),
        ("Hollis", "hollis"),
        ("Vance", "vance"),
        ("Quayle", "quayle"),
        ("Ashby", "ashby"),
        ("Moss", "moss"),
    ],
);
const DE: (&[Spelled], &[Spelled]) = (
    &[
        ("Jürgen", "juergen"),
        ("Anke", "anke"),
        ("Friedrich", "friedrich"),
        ("Sabine", "sabine"),
        ("Özlem", "oezlem"),
        ("Lukas", "lukas"),
        ("Käthe", "kaethe"),
    ],
    &[("Müller", "mueller"), ("Hagedorn", "hagedorn"), ("Weiß", "weiss"), ("Yıldız", "yildiz"), ("Brandt", "brandt"), ("Schröder", "schroeder")],
);
const ES: (&[Spelled], &[Spelled]) = (
    &[("Lucía", "lucia"), ("Andrés", "andres"), ("Carmen", "carmen"), ("Íñigo", "inigo"), ("Rosa", "rosa"), ("Joaquín", "joaquin")],
    &[("Fernández", "fernandez"), ("Ortega", "ortega"), ("Peña", "pena"), ("Vidal", "vidal"), ("Ibáñez", "ibanez")],
);
const FR: (&[Spelled], &[Spelled]) = (
    &[("Hélène", "helene"), ("Marc", "marc"), ("Aïcha", "aicha"), ("Étienne", "etienne"), ("Camille", "camille"), ("Yann", "yann")],
    &[("Le Goff", "legoff"), ("Dubois", "dubois"), ("Benali", "benali"), ("Lefèvre", "lefevre"), ("Moreau", "moreau")],
);
const JA: (&[Spelled], &[Spelled]) = (
    &[("美咲", "misaki"), ("健太", "kenta"), ("陽子", "yoko"), ("直樹", "naoki"), ("彩", "aya")],
    &[("佐藤", "sato"), ("高橋", "takahashi"), ("小林", "kobayashi"), ("渡辺", "watanabe")],
);
const HOSTS: [&str; 6] = ["post.example", "mailhaven.example", "inbox.test", "fjordmail.example", "kestrel.example", "tern.test"];
const COMPANIES: [(&str, &str); 6] = [
    ("Juniper Bakeries", "juniper-bakeries.example"),
    ("Skerry Museum Trust", "skerry.example"),
    ("Borough Survey Office", "survey.borough.example"),
    ("Hagedorn & Söhne", "hagedorn.example"),
    ("Harbour School District", "schools.harbour.example"),
    ("Cooperativa La Vega", "lavega.example"),
];

/// Makes up a customer who writes in this language.
pub(super) fn customer(lang: &str, rng: &mut Rng) -> Person {
    let ((firsts, lasts), zones): (_, &[i32]) = match lang {
        "de" => (DE, &[60]),
        "es" => (ES, &[60, -300]),
        "fr" => (FR, &[60]),
        "ja" => (JA, &[540]),
        _ => (EN, &[0, 0, -300, -480, 330]),
    };
    let ((first, first_ascii), (last, last_ascii)) = (rng.pick(firsts), rng.pick(lasts));
    let (company, host) = if rng.chance(25) { rng.pick(&COMPANIES) } else { ("", rng.pick(&HOSTS)) };
    let name = if lang == "ja" { format!("{last} {first}") } else { format!("{first} {last}") };
    let mut address = format!("{first_ascii}.{last_ascii}@{host}");
    if rng.chance(20) {
        address = format!("{first_ascii}{}@{host}", rng.between(2, 99));
    }
    Person { name, first: first.to_owned(), address, zone: rng.pick(zones), company }
}
