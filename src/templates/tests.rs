use proptest::prelude::*;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(dir.path().join(name), text).unwrap();
        }
        Self(dir)
    }

    fn load(&self) -> Templates {
        Templates::load(&[self.0.path().to_owned()])
    }
}

fn context() -> TemplateContext {
    TemplateContext {
        ticket: TicketFields {
            number: Some(1042),
            subject: "Lamp".into(),
            project: "app".into(),
            description: "It is dark.".into(),
            ..TicketFields::default()
        },
        requester: RequesterFields { name: "Mia Lund".into(), first_name: "Mia".into(), address: "mia@x.example".into() },
        agent: AgentFields { name: "Ana Ruiz".into(), address: "ana@y.example".into() },
        project: ProjectFields { name: "Acme App".into(), ..ProjectFields::default() },
        body: "the answer".into(),
        ..TemplateContext::default()
    }
}

fn render(text: &str, context: &TemplateContext) -> Result<Rendered, TemplateError> {
    Folder::with(&[("t.md", text)]).load().render("t", context, None)
}

fn body(text: &str) -> String {
    render(text, &context()).unwrap_or_else(|error| panic!("{error}")).body
}

fn broken(text: &str) -> Problem {
    match render(text, &context()) {
        Err(TemplateError::Broken(problem)) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn fields_conditions_and_defaults_are_filled_in() {
    let text = "Hi {{ requester.first_name | default(\"there\") }},\n{% if quote.last %}quoted{% else %}plain{% endif %}\n#{{ ticket.number }} {{ agent.name|upper }}\n";
    assert_eq!(body(text), "Hi Mia,\nplain\n#1042 ANA RUIZ");
}

#[test]
fn a_statement_on_its_own_line_leaves_no_line_and_one_within_a_line_keeps_it() {
    assert_eq!(body("a\n{% if agent.name %}\nb\n{% endif %}\nc {% if true %}d{% endif %}\ne"), "a\nb\nc d\ne");
}

#[test]
fn the_head_sets_subject_status_tags_and_title() {
    let folder = Folder::with(&[(
        "refund.md",
        "+++\ntitle = \"Refund\"\nsubject = \"Refund for {{ ticket.subject }}\"\nstatus = \"pending\"\ntags = [\"Money\"]\n+++\nHello\n",
    )]);
    let templates = folder.load();

    assert_eq!(templates.list()[0].title, "Refund");
    let rendered = templates.render("refund.md", &context(), None).unwrap();
    assert_eq!(rendered.subject.as_deref(), Some("Refund for Lamp"));
    assert_eq!((rendered.status, rendered.tags, rendered.body.as_str()), (Some(Status::Pending), vec!["money".to_owned()], "Hello"));
    assert_eq!(templates.check(), vec![]);
}

#[test]
fn absent_and_blank_are_the_same_and_are_reported_with_their_place() {
    let mut blank = context();
    blank.requester.first_name = "  ".into();
    let text = "+++\nrequired = [\"quote.last\"]\n+++\nDear {{ requester.first_name }},\n{{ requester.first_name | default('you') }} {{ ticket.key ~ '!' }}\n";

    let rendered = render(text, &blank).unwrap();

    assert_eq!(rendered.body, "Dear ,\nyou !");
    assert_eq!(rendered.unfilled, ["quote.last (t.md:2:1)", "requester.first_name (t.md:4:9)", "ticket.key (t.md:5:48)"]);
    assert!(!rendered.awaits_number);
}

#[test]
fn a_number_that_is_still_to_come_is_told_apart() {
    let mut early = context();
    early.ticket.number = None;
    assert!(render("{{ ticket.number }}", &early).unwrap().awaits_number);
    assert!(render("%{ISSUE_PATH}", &early).unwrap().awaits_number);
}

#[test]
fn an_unknown_field_names_file_line_column_and_the_nearest() {
    let problem = broken("+++\ntitle = \"x\"\n+++\nHello\n%{ISSUE_ID} {% if false %}{{ requester.frist_name }}{% endif %}\n");
    assert_eq!((problem.line, problem.column), (5, 30), "{problem}");
    assert!(problem.file.ends_with("t.md"));
    assert_eq!(problem.nearest.as_deref(), Some("requester.first_name"));
}

#[test]
fn every_fault_is_placed() {
    let cases = [
        ("a\n{{ ticket.number", 2, "syntax error", None),
        ("a\n{{ ticket }}", 2, "group", None),
        ("{{ agent.name | uper }}", 1, "filter", None),
        ("a\n%{ISSUE_IDD}", 2, "%{ISSUE_IDD}", Some("%{ISSUE_ID}")),
        ("{% for i in range(100000) %}{{ i }}{% endfor %}", 1, "runs away", None),
        ("{% include \"/etc/passwd\" %}", 1, "/etc/passwd", None),
        ("+++\nstatus = \"solvde\"\n+++\nx", 2, "solvde", None),
        ("+++\ntags = [\"a b\"]\n+++\nx", 2, "a b", None),
        ("+++\nattachments = [\"../../etc/passwd\"]\n+++\nx", 2, "passwd", None),
        ("+++\nrequired = [\"tickt.number\"]\n+++\nx", 2, "tickt.number", Some("ticket.number")),
        ("+++\nsubject = \"{{ ticket.sbject }}\"\n+++\nx", 2, "ticket.sbject", Some("ticket.subject")),
        ("+++\ntitle = \n+++\nx", 2, "TOML", None),
        ("+++\ntitle = \"x\"\n", 1, "no closing", None),
    ];
    for (text, line, what, near) in cases {
        let problem = broken(text);
        assert_eq!(problem.line, line, "{text}: {problem}");
        assert!(problem.what.contains(what), "{text}: {problem}");
        assert_eq!(problem.nearest.as_deref(), near, "{text}: {problem}");
    }
}

#[test]
fn inserted_text_is_never_expanded_again() {
    let mut hostile = context();
    hostile.body = "{{ agent.name }} %{ISSUE_ID} {% raw %} {# x #} \\0".into();
    let folder = Folder::with(&[("new_note.md", "%{ NOTE_TEXT }\n-- \n{{ project.name }}\n")]);

    let wrapped = folder.load().wrap(&hostile, None).unwrap();

    assert_eq!(wrapped.body, format!("{}\n-- \nAcme App", hostile.body));
}

#[test]
fn the_placeholders_of_gitlab_work_unchanged() {
    assert_eq!(
        body("%{ISSUE_ID}|%{ ISSUE_PATH }|%{ISSUE_DESCRIPTION}|%{NOTE_TEXT}|%{SYSTEM_HEADER}%{SYSTEM_FOOTER}%{ADDITIONAL_TEXT}|100%{"),
        "#1042|app#1042|It is dark.|the answer||100%{"
    );
    let rendered = render("See %{ISSUE_URL} or %{UNSUBSCRIBE_URL}", &context()).unwrap();
    assert_eq!(rendered.unfilled, ["ISSUE_URL (t.md:1:7)", "UNSUBSCRIBE_URL (t.md:1:23)"]);
    assert_eq!(body("{% raw %}%{ISSUE_ID}{{ x }}{% endraw %}"), "%{ISSUE_ID}{{ x }}");
}

#[test]
fn a_wrapper_without_the_body_is_refused() {
    let folder = Folder::with(&[("new_note.md", "+++\ntitle = \"w\"\n+++\nBest wishes\n")]);
    let error = folder.load().wrap(&context(), None).unwrap_err();
    assert!(error.to_string().contains("{{ body }}"), "{error}");
    assert_eq!(folder.load().check().len(), 1);
    assert_eq!(Folder::with(&[]).load().wrap(&context(), None).unwrap().body, "the answer");
}

#[test]
fn the_variant_in_the_requesters_language_is_chosen() {
    let folder = Folder::with(&[("refund.md", "en"), ("refund.de.md", "de"), ("refund.pt-BR.md", "pt"), ("v1.2.md", "x")]);
    let templates = folder.load();
    let in_language = |language: Option<&str>| templates.render("refund", &context(), language).unwrap().body;

    assert_eq!((in_language(None).as_str(), in_language(Some("de-AT")).as_str(), in_language(Some("pt-BR")).as_str()), ("en", "de", "pt"));
    assert_eq!(in_language(Some("fr")), "en");
    assert_eq!(templates.render("refund.de.md", &context(), None).unwrap().body, "de");
    assert!(templates.has("v1.2"));
}

#[test]
fn includes_come_from_the_same_folders_and_their_faults_are_placed_in_them() {
    let folder = Folder::with(&[
        ("greet.md", "+++\ntitle = \"g\"\n+++\nHi {{ requester.name }}"),
        ("t.md", "{% include 'greet.md' %}!"),
        ("u.md", "{% include 'gret.md' %}"),
        ("bad.md", "a\n{{ agent.name | nofilter }}"),
        ("v.md", "{% include 'bad.md' %}"),
    ]);
    let templates = folder.load();

    assert_eq!(templates.render("t", &context(), None).unwrap().body, "Hi Mia Lund!");
    let Err(TemplateError::Broken(missing)) = templates.render("u", &context(), None) else { panic!() };
    assert_eq!(missing.nearest.as_deref(), Some("greet.md"), "{missing}");
    let Err(TemplateError::Broken(inside)) = templates.render("v", &context(), None) else { panic!() };
    assert!(inside.file.ends_with("bad.md") && inside.line == 2, "{inside}");
}

#[test]
fn check_lists_every_problem_and_warns_of_text_the_sender_chose() {
    let folder =
        Folder::with(&[("a.md", "{{ x.y }}\n{{ agnt.name }}"), ("thank_you.md", "Dear {{ requester.name }}"), ("c.md", "+++\ntitel = \"x\"\n+++\n")]);
    let problems = folder.load().check();
    let lines: Vec<(usize, Severity)> = problems.iter().map(|problem| (problem.line, problem.severity)).collect();
    assert_eq!(lines, [(1, Severity::Error), (2, Severity::Error), (2, Severity::Warning), (1, Severity::Warning)], "{problems:#?}");
}

#[test]
fn a_missing_template_and_a_missing_folder_are_said() {
    let folder = Folder::with(&[("refund.md", "x")]);
    let error = folder.load().render("refnud", &context(), None).unwrap_err();
    assert!(error.to_string().contains("did you mean `refund`?"), "{error}");
    assert_eq!(Templates::load(&["/nonexistent/folder".into()]).list(), vec![]);
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_read() {
    let outside = Folder::with(&[("secret", "hunter2")]);
    let folder = Folder::with(&[]);
    std::os::unix::fs::symlink(outside.0.path().join("secret"), folder.0.path().join("x.md")).unwrap();
    assert!(!folder.load().has("x"));
    assert_eq!(folder.load().check().len(), 1);
}

proptest! {
    #[test]
    fn no_template_makes_the_engine_panic(text in "(\\{\\{|\\}\\}|\\{%|%\\}|%\\{|\\}|\\{#|#\\}|ticket|\\.number|ISSUE_ID|raw|endraw|if|for|in| |\n|\"|ä|\\+\\+\\+){0,30}") {
        let file = TemplateFile::read(Path::new("x.md"), &text);
        let (env, _) = engine::environment(std::slice::from_ref(&file));
        let _ = engine::unknown_names(&env, &file);
        let _ = engine::fill(&env, &file, &context(), &[]);
    }

    #[test]
    fn plain_text_passes_unchanged(text in "[a-zäöü .,!?\n]{0,80}[a-z.]") {
        prop_assert_eq!(body(&text), text);
    }
}
