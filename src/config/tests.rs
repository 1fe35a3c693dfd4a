use std::path::Path;
use std::time::Duration;

use super::*;

const TEN_LINES: &str = r#"
[desk.acme.imap]
host = "imap.example.com"
user = "support@example.com"
password_command = "pass show support"
[desk.acme.smtp]
host = "smtp.example.com"
"#;

fn read(text: &str) -> Config {
    parse(text, Path::new("/cfg/config.toml")).unwrap_or_else(|error| panic!("{error}"))
}

fn problems(text: &str) -> Vec<Problem> {
    match parse(text, Path::new("/cfg/config.toml")) {
        Err(ConfigError::Invalid { problems, .. }) => problems,
        other => panic!("{other:?}"),
    }
}

/// Puts lines into the smallest complete file and expects one problem that says all of `parts`.
fn complains(imap: &str, rest: &str, line: usize, parts: &[&str]) {
    let text = format!("[desk.acme]\n[desk.acme.imap]\n{imap}\n[desk.acme.smtp]\nhost = \"h\"\n{rest}\n");
    let found = problems(&text);
    let [problem] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!(problem.line, line, "{problem}");
    for part in parts {
        assert!(problem.to_string().contains(part), "`{part}` is not in: {problem}");
    }
}

const GOOD: &str = "host = \"h\"\nuser = \"a@b\"\npassword_command = \"x\"";

fn imap(config: &Config) -> &Server {
    match &config.desks[0].source {
        Source::Imap(server) => server,
        Source::Maildir(path) => panic!("{path:?}"),
    }
}

fn smtp(config: &Config) -> &Server {
    match &config.desks[0].smtp {
        Some(Smtp::Server(server)) => server,
        other => panic!("{other:?}"),
    }
}

#[test]
fn less_than_ten_lines_are_enough() {
    let config = read(TEN_LINES);

    let desk = &config.desks[0];
    assert_eq!((desk.name.as_str(), desk.mailbox.as_str()), ("acme", "support@example.com"));
    assert_eq!((imap(&config).port, imap(&config).tls), (993, TlsMode::Implicit));
    assert_eq!((smtp(&config).port, smtp(&config).tls), (587, TlsMode::StartTls));
    assert_eq!(smtp(&config).user, "support@example.com");
    assert_eq!(smtp(&config).secret, SecretSource::Command("pass show support".into()));
    assert_eq!(desk.folders, Folders { inbox: vec!["INBOX".into()], sent: None, archive: None, junk: None, team: Some("Postdesk".into()) });
    assert_eq!(config.sending.undo_window, Duration::from_secs(10));
    assert_eq!(config.warnings, Vec::<String>::new());
}

#[test]
fn a_desk_without_a_project_gets_one_named_after_it() {
    let config = read(TEN_LINES);
    let [project] = config.desks[0].projects.as_slice() else { panic!() };
    assert_eq!(project.project.id, "acme");
    assert_eq!(project.project.addresses, ["support@example.com"]);
    assert_eq!(project.project.from.address, "support@example.com");
    assert!(project.project.is_default && project.project.reopen_on_reply);
}

#[test]
fn a_hook_is_a_program_with_arguments_and_found_below_the_file_when_it_is_a_path() {
    let notify = |lines: &str| read(&format!("{TEN_LINES}\n[notify]\n{lines}\n")).notify;

    assert_eq!(notify(""), Notify::default());
    assert!(notify("bell = true").bell);
    assert_eq!(notify("hook = [\"notify-send\", \"New $HOME\"]").hook.unwrap(), ["notify-send", "New $HOME"]);
    assert_eq!(notify("hook = \"./told.sh\"").hook.unwrap(), ["/cfg/told.sh"]);
    assert_eq!(notify("hook = []").hook, None);
    complains(GOOD, "[notify]\nhook = [\" \"]", 9, &["hook", "names no program"]);
    complains(GOOD, "[notify]\nbell = \"loud\"", 9, &["bell", "true or false"]);
}

#[test]
fn the_screen_is_plain_quiet_and_left_to_the_terminal_unless_told_otherwise() {
    assert_eq!(read(TEN_LINES).ui, Ui::default());
    let ui = read(&format!("{TEN_LINES}\n[ui]\ntheme = \"dark\"\nmouse = true\nanimations = false\n")).ui;
    assert_eq!((ui.theme, ui.mouse, ui.animations), (Theme::Dark, true, false));
    complains(GOOD, "[ui]\ntheme = \"drak\"", 9, &["theme", "did you mean `dark`"]);
}

#[test]
fn a_maildir_says_in_its_own_section_where_mail_goes() {
    let desk = |lines: &str| {
        let config = read(&format!(
            "agent = {{ name = \"ana\", address = \"ana@x.example\" }}\n[desk.a]\npath = \"/m\"\naddress = \"a@x.example\"\n{lines}\n"
        ));
        (config.desks[0].archive_on_solve, config.desks[0].junk_on_spam, config.warnings.len())
    };
    let (_, _, usual) = desk("");

    assert_eq!(desk("archive_on_solve = true"), (true, false, usual));
    assert_eq!(desk("junk_on_spam = true"), (false, true, usual));
    assert_eq!(read(&include_str!("documented.toml").replace("junk_on_spam = false", "junk_on_spam = true")).warnings, Vec::<String>::new());
}

#[test]
fn the_whole_documented_file_is_read_without_a_warning() {
    let config = read(include_str!("documented.toml"));

    assert_eq!(config.warnings, Vec::<String>::new());
    assert_eq!(config.agent, Agent { name: "ana".into(), display: "Ana Ruiz".into(), address: "ana@example.com".into() });
    let desk = &config.desks[0];
    assert_eq!(desk.authserv_id.as_deref(), Some("mx.example.com"));
    assert_eq!(imap(&config).ca_file.as_deref(), Some(Path::new("/cfg/extra.pem")));
    assert_eq!(smtp(&config).ca_file.as_deref(), Some(Path::new("/cfg/extra.pem")));
    let app = &desk.projects[0];
    assert_eq!(app.project.from, crate::domain::Address::new("Acme App Support", "app@example.com"));
    assert_eq!(app.templates[0], Path::new("/cfg/templates"));
    assert!(app.templates[1].is_absolute() && app.templates[1].ends_with("src/app/.gitlab/service_desk_templates"));
    assert_eq!(app.first_response, Some(Duration::from_hours(4)));
    assert_eq!(app.on_new, ["tag +new", "priority normal"]);
    assert_eq!(config.views, [View { name: "mine".into(), query: "assignee:me status:open".into() }]);
    assert_eq!((config.keys[0].scope.as_str(), config.keys[0].key.as_str(), config.keys[0].command.as_str()), ("list", "x", "status solved"));
}

#[test]
fn an_unknown_key_is_a_warning_with_line_and_nearest_name_and_the_rest_counts() {
    let config =
        read(&format!("{TEN_LINES}prot = 25\n[project.app]\ndesk = \"acme\"\nadresses = [\"app@example.com\"]\nfrom = \"app@example.com\"\n"));

    assert_eq!(config.warnings.len(), 2, "{:#?}", config.warnings);
    assert_eq!(config.warnings[0], "/cfg/config.toml:8: unknown key `prot` in [desk.acme.smtp], ignored, did you mean `port`?");
    assert!(config.warnings[1].starts_with("/cfg/config.toml:11: unknown key `adresses`"), "{}", config.warnings[1]);
    assert!(config.warnings[1].ends_with("did you mean `addresses`?"), "{}", config.warnings[1]);
}

#[test]
fn a_project_that_no_mail_can_reach_is_a_warning() {
    for addresses in ["", "addresses = []\n", "addresses = []\nretired_addresses = []\n"] {
        let config = read(&format!("{TEN_LINES}[project.app]\ndesk = \"acme\"\n{addresses}"));

        assert_eq!(config.warnings, ["/cfg/config.toml:8: [project.app] has no `addresses`: no mail will lead to it"], "{addresses}");
    }
}

#[test]
fn all_errors_are_listed_at_once_with_file_and_line() {
    let text = "[desk.acme.imap]\nport = 70000\ntls = \"implict\"\n[desk.acme.smtp]\n[project.app]\ndesk = \"acmee\"\nfrom = \"nobody\"\n[send]\nundo_window = 10\n";
    let error = parse(text, Path::new("/cfg/config.toml")).unwrap_err();
    let lines: Vec<usize> = problems(text).iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 1, 1, 2, 3, 4, 6, 7, 9], "{error}");
    assert!(error.to_string().contains("/cfg/config.toml:3: `tls` in [desk.acme.imap] is \"implict\""), "{error}");
    assert!(error.to_string().contains("did you mean `implicit`?"), "{error}");
    assert!(error.to_string().contains("did you mean `acme`?"), "{error}");
    assert!(error.remedy().contains("/cfg/config.toml"));
}

#[test]
fn each_wrong_value_is_named_with_what_to_write_instead() {
    complains(&format!("{GOOD}\nport = 0"), "", 6, &["port", "1 to 65535", "the number 0"]);
    complains(&format!("{GOOD}\nport = \"993\""), "", 6, &["port", "a text"]);
    complains(&format!("{GOOD}\ntls = \"none\""), "", 6, &["unprotected", "h", "implicit"]);
    complains(&format!("{GOOD}\npassword_file = \"y\""), "", 6, &["both", "password_command", "password_file"]);
    complains("host = \"h\"\nuser = \"a@b\"\nkeyring = true", "", 5, &["password_command", "keyring"]);
    complains("user = \"a@b\"\npassword_command = \"x\"", "", 2, &["no `host`"]);
    complains("host = \"h\"\npassword_command = \"x\"", "", 2, &["no `user`"]);
    complains("host = \"h\"\nuser = \"a@b\"", "", 2, &["password_command", "password_file"]);
    complains("host = \"imaps://h\"\nuser = \"a@b\"\npassword_command = \"x\"", "", 3, &["name alone"]);
    complains(GOOD, "[project.app]\naddresses = [\"a@b\"]", 8, &["belongs to no desk", "desk ="]);
    complains(GOOD, "[project.app]\ndesk = \"acme\"\naddresses = [\n\"app@b\",\n\"app\"]", 12, &["`app`", "name@domain"]);
    complains(GOOD, "[project.app]\ndesk = \"acme\"\nfrom_style = \"{agnet}\"", 10, &["{agnet}", "did you mean `agent`"]);
    complains(GOOD, "[project.app]\ndesk = \"acme\"\ntargets = { first_response = \"soon\" }", 10, &["soon", "4h"]);
    complains(GOOD, "[project.a]\ndesk = \"acme\"\ndefault = true\n[project.b]\ndesk = \"acme\"\ndefault = true", 11, &["default"]);
    complains(GOOD, "[view.mine]\nquery = \"stauts:open\"", 9, &["stauts", "did you mean `status:`"]);
    complains(GOOD, "[keys.list]\nx = 3", 9, &["keys.list", "x"]);
    complains(GOOD, "[agent]\nname = \"me\"", 9, &["\"me\""]);
    complains(GOOD, "agnt = \"x", 8, &["TOML"]);
}

#[test]
fn a_password_in_the_file_is_refused_and_not_repeated() {
    complains("host = \"h\"\nuser = \"a@b\"\npassword = \"hunter2\"", "", 5, &["do not belong", "password_command", "chmod 600"]);
    let error = parse("[desk.x.imap]\npassword = \"hunter2", Path::new("c.toml")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

#[test]
fn ports_follow_from_tls_and_tls_from_ports() {
    let server = |imap_lines: &str, smtp_lines: &str| {
        let text = format!(
            "[desk.a.imap]\nhost=\"localhost\"\nuser=\"a@b\"\npassword_command=\"x\"\n{imap_lines}\n[desk.a.smtp]\nhost=\"localhost\"\n{smtp_lines}\n"
        );
        let config = read(&text);
        ((imap(&config).port, imap(&config).tls), (smtp(&config).port, smtp(&config).tls))
    };
    assert_eq!(server("tls=\"starttls\"", "tls=\"implicit\""), ((143, TlsMode::StartTls), (465, TlsMode::Implicit)));
    assert_eq!(server("port=143", "port=465"), ((143, TlsMode::StartTls), (465, TlsMode::Implicit)));
    assert_eq!(server("tls=\"none\"\nport=10143", "tls=\"none\""), ((10143, TlsMode::None), (25, TlsMode::None)));
}

#[test]
fn mail_can_leave_by_a_command_or_stay_in_folders() {
    let smtp =
        |lines: &str| read(&format!("[desk.a]\nsource=\"maildir\"\npath=\"mail\"\naddress=\"a@b\"\n[desk.a.smtp]\n{lines}\n")).desks[0].smtp.clone();
    assert!(matches!(smtp("command = [\"sendmail\", \"-t\", \"-i\"]"), Some(Smtp::Command(words)) if words == ["sendmail", "-t", "-i"]));
    assert!(matches!(smtp("folders = \"out\""), Some(Smtp::Folders(path)) if path == Path::new("/cfg/out")));
}

#[test]
fn the_shared_log_can_be_switched_off_and_folders_named() {
    let config =
        read(&TEN_LINES.replace(
            "[desk.acme.smtp]",
            "folders = { inbox = [\"INBOX\", \"Help\"], sent = \"Out\", junk = \"auto\", team = false }\n[desk.acme.smtp]",
        ));
    let expected = Folders { inbox: vec!["INBOX".into(), "Help".into()], sent: Some("Out".into()), archive: None, junk: None, team: None };
    assert_eq!(config.desks[0].folders, expected);
}

#[test]
fn desks_and_projects_keep_the_order_of_the_file() {
    let desk = |name: &str| TEN_LINES.replace("acme", name);
    let config = read(&format!("{}{}", desk("zoo"), desk("ant")));
    assert_eq!(config.desks.iter().map(|desk| desk.name.as_str()).collect::<Vec<_>>(), ["zoo", "ant"]);
}

#[test]
fn a_missing_file_says_how_to_begin() {
    let dir = tempfile::tempdir().unwrap();
    let error = load(&dir.path().join("none.toml")).unwrap_err();
    assert!(error.is_missing() && error.remedy().contains("postdesk demo"), "{error}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "(\\[(desk|project|view|keys|send)(\\.a)?(\\.(imap|smtp))?\\]\n|(host|port|tls|user|desk|query|templates|from) = (\"[a-z@*~/{} ]{0,8}\"|[0-9]{1,6}|true|\\[\\]|\\{\\})\n){0,12}|\\PC{0,80}") {
        let _ = parse(&text, Path::new("c.toml"));
    }
}

#[test]
fn what_is_handed_to_other_programs_is_read() {
    let config = read(&format!("{TEN_LINES}\n[outside]\nopener = \"firefox --new-tab\"\ndownloads = \"~/in\"\nclipboard = \"osc52\"\n"));

    assert_eq!(config.outside.opener, Some(vec!["firefox".into(), "--new-tab".into()]));
    assert!(config.outside.downloads.is_some_and(|path| path.ends_with("in")));
    assert_eq!(config.outside.clipboard, Clipboard::Osc52);
    assert_eq!(read(TEN_LINES).outside, Outside::default());
    complains(GOOD, "[outside]\nclipboard = \"osc\"", 9, &["clipboard", "osc52"]);
}

#[test]
fn where_the_cursor_goes_after_an_act_is_read_and_a_slip_is_named() {
    let config = read(&format!("{TEN_LINES}\n[ui]\nafter_action = \"next\"\n"));

    assert_eq!(config.ui.after_action, AfterAction::Next);
    assert_eq!(read(TEN_LINES).ui.after_action, AfterAction::Stay);
    complains(GOOD, "[ui]\nafter_action = \"nxt\"", 9, &["after_action", "did you mean", "next"]);
    let plain = read(&format!("{TEN_LINES}\n[ui]\nborders = \"ascii\"\nicons = \"none\"\n")).ui;
    assert!(plain.ascii_borders && plain.ascii_signs);
}
