//! `templates`: the answers a project keeps in files.

use serde::Serialize;

use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use super::order::TemplatesOrder;
use super::out::Out;
use super::table::{Column, Fit, lay_out};
use crate::protocol::answer::TemplateLine;

/// Looks after templates.
pub fn templates(desks: &Desks, order: &TemplatesOrder, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    match order {
        TemplatesOrder::List { project, json } => print(&desk.templates(project.as_deref())?, *json, out),
        TemplatesOrder::Check => report(&desk.check_templates()?, out),
        TemplatesOrder::Render { name, ticket } => {
            let key = desk.find(ticket)?;
            let text = desk.render_template(name, &key)?;
            out.text(&text)
        }
    }
}

fn report(problems: &[String], out: &mut Out<'_>) -> Outcome<()> {
    if problems.is_empty() {
        return out.line("All templates are well.");
    }
    problems.iter().try_for_each(|problem| out.line(problem))?;
    let count = problems.len();
    let what = if count == 1 { "1 problem in the templates".to_owned() } else { format!("{count} problems in the templates") };
    Err(Failure::new(FAILED, what, "edit the files at the lines named"))
}

/// One line of `templates list --json`.
#[derive(Serialize)]
struct TemplateJson<'a> {
    project: &'a str,
    name: &'a str,
    title: &'a str,
    language: &'a str,
}

const COLUMNS: &[Column] = &[
    Column { title: "PROJECT", fit: Fit::Cap(16) },
    Column { title: "NAME", fit: Fit::Cap(28) },
    Column { title: "LANGUAGE", fit: Fit::Whole },
    Column { title: "TITLE", fit: Fit::Rest },
];

fn print(templates: &[(String, TemplateLine)], json: bool, out: &mut Out<'_>) -> Outcome<()> {
    if json {
        return templates
            .iter()
            .try_for_each(|(project, line)| out.json(&TemplateJson { project, name: &line.name, title: &line.title, language: &line.language }));
    }
    if templates.is_empty() && out.is_terminal() {
        return out.line("No templates: a project names their folders with `templates = [\"…\"]`.");
    }
    let cells = |(project, line): &(String, TemplateLine)| vec![project.clone(), line.name.clone(), line.language.clone(), line.title.clone()];
    let rows: Vec<Vec<String>> = templates.iter().map(cells).collect();
    lay_out(COLUMNS, &rows, out.width()).iter().try_for_each(|line| out.line(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_printed_and_fail_the_command() {
        let mut bytes = Vec::new();

        let failure = report(&["refund.md:3: unknown field `tiket`".into()], &mut Out::plain(&mut bytes, 80)).unwrap_err();

        assert_eq!((failure.code, failure.what.as_str()), (FAILED, "1 problem in the templates"));
        assert_eq!(String::from_utf8(bytes).unwrap(), "refund.md:3: unknown field `tiket`\n");
    }

    #[test]
    fn templates_are_listed_for_people_and_for_scripts() {
        let templates = [("app".to_owned(), TemplateLine { name: "refund".into(), title: "Refund granted".into(), language: "de".into() })];
        let mut text = Vec::new();
        let mut json = Vec::new();

        print(&templates, false, &mut Out::plain(&mut text, 80)).unwrap();
        print(&templates, true, &mut Out::plain(&mut json, 80)).unwrap();

        assert_eq!(String::from_utf8(text).unwrap(), "PROJECT  NAME    LANGUAGE  TITLE\napp      refund  de        Refund granted\n");
        assert_eq!(String::from_utf8(json).unwrap(), "{\"project\":\"app\",\"name\":\"refund\",\"title\":\"Refund granted\",\"language\":\"de\"}\n");
    }
}
