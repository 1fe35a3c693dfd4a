//! From what was typed to what it means: clap's words become typed orders.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr as _;

use clap::ArgMatches;
use clap_complete::Shell;

use super::args::{addresses, all, chosen, misread, number, one, optional, optional_number, path, paths, required, text, texts, wants_json};
use super::build::WORDS;
use super::fail::{Failure, Outcome};
use super::order::{
    BodySource, ChangeOrder, DEFAULT_LIMIT, DemoOrder, DraftsOrder, ExportOrder, FORMATS, Fate, Globals, ListOrder, MailOrder, Meant, Order,
    OutboxOrder, SHELLS, SORTS, ShowForm, TemplatesOrder,
};
use crate::domain::id::TicketName;
use crate::domain::{Address, EventId, ticket};

/// Understands what clap has taken apart.
///
/// # Errors
/// Names the word that has no meaning at its place, and what is expected there.
pub fn meant(matches: &ArgMatches) -> Outcome<Meant> {
    Ok(Meant { globals: globals(matches), order: order(matches)? })
}

fn globals(matches: &ArgMatches) -> Globals {
    Globals {
        config: path(matches, "config"),
        desk: text(matches, "desk"),
        data_dir: path(matches, "data-dir"),
        agent: text(matches, "agent"),
        offline: matches.get_flag("offline"),
    }
}

fn order(matches: &ArgMatches) -> Outcome<Order> {
    let Some((name, args)) = matches.subcommand() else { return Ok(Order::Screen) };
    Ok(match name {
        "demo" => Order::Demo(demo(args)?),
        "sync" => Order::Sync { watch: args.get_flag("watch"), restore_log: args.get_flag("restore-log"), json: args.get_flag("json") },
        "list" => Order::List(list(args)?),
        "show" => Order::Show { ticket: one(args, "ticket")?, form: show_form(args)? },
        "reply" => Order::Reply { ticket: one(args, "ticket")?, status: optional(args, "status")?, mail: mail(args)? },
        "forward" => Order::Forward { ticket: one(args, "ticket")?, mail: mail(args)? },
        "new" => Order::New { project: required(args, "project")?, subject: required(args, "subject")?, mail: mail(args)? },
        "note" => Order::Note { ticket: one(args, "ticket")?, body: path(args, "body").map_or(BodySource::Stdin, source), edit: text(args, "edit") },
        "assign" => Order::Change { tickets: all(args, "ticket")?, change: assignee(&required(args, "assignee")?) },
        "status" => Order::Change { tickets: all(args, "ticket")?, change: ChangeOrder::Status(one(args, "status")?) },
        "priority" => Order::Change { tickets: all(args, "ticket")?, change: ChangeOrder::Priority(one(args, "priority")?) },
        "tag" => tag(&texts(args, WORDS))?,
        "participant" => participant(&texts(args, WORDS))?,
        "snooze" => Order::Change { tickets: all(args, "ticket")?, change: ChangeOrder::Snooze(required(args, "when")?) },
        "move" => Order::Change { tickets: all(args, "ticket")?, change: ChangeOrder::Project(required(args, "project")?) },
        "merge" => Order::Change { tickets: all(args, "ticket")?, change: ChangeOrder::Merge(one(args, "into")?) },
        "link" => Order::Change { tickets: all(args, "ticket")?, change: link(args)? },
        "subject" => Order::Change { tickets: all(args, "ticket")?, change: ChangeOrder::Subject(required(args, "text")?) },
        "accept" => Order::Change { tickets: vec![one(args, "ticket")?], change: ChangeOrder::Accept(optional(args, "which")?) },
        "dismiss" => Order::Change { tickets: vec![one(args, "ticket")?], change: ChangeOrder::Dismiss(optional(args, "which")?) },
        "split" => Order::Split { ticket: one(args, "ticket")?, message: required(args, "message")? },
        "apply" => apply(&texts(args, WORDS), args.get_flag("leave"))?,
        "forget" => Order::Forget { address: required(args, "address")?, yes: args.get_flag("yes") },
        "undo" => Order::Undo(optional(args, "event")?),
        "redo" => Order::Redo,
        "outbox" => Order::Outbox(outbox(args)?),
        "drafts" => Order::Drafts(drafts(args)?),
        "templates" => Order::Templates(templates(args)?),
        "parse" => Order::Parse { files: paths(args, "file").into_iter().map(source).collect(), json: args.get_flag("json") },
        "import" => Order::Import { archives: paths(args, "archive").into_iter().map(source).collect(), json: args.get_flag("json") },
        "export" => Order::Export(export(args)?),
        "doctor" => Order::Doctor { json: args.get_flag("json") },
        "completions" => Order::Completions(shell(args)?),
        "man" => Order::Man,
        other => return Err(Failure::usage(format!("`{other}` is no command"), "see `postdesk --help`")),
    })
}

fn demo(args: &ArgMatches) -> Outcome<DemoOrder> {
    Ok(DemoOrder {
        messages: optional_number(args, "messages")?,
        seed: optional_number(args, "seed")?,
        dir: path(args, "dir"),
        fresh: args.get_flag("fresh"),
        command: args.get_many::<OsString>("command").into_iter().flatten().cloned().collect(),
    })
}

fn list(args: &ArgMatches) -> Outcome<ListOrder> {
    let query = texts(args, "query").join(" ").trim().to_owned();
    let sort = text(args, "sort").and_then(|name| chosen(&SORTS, &name)).unwrap_or_default();
    let limit = optional_number(args, "limit")?.unwrap_or(DEFAULT_LIMIT);
    if limit == 0 {
        return Err(Failure::usage("`--limit 0` lists nothing", "give a number from 1"));
    }
    Ok(ListOrder { query, sort, limit, json: args.get_flag("json") })
}

fn export(args: &ArgMatches) -> Outcome<ExportOrder> {
    let name = required(args, "format")?;
    let format = chosen(&FORMATS, &name).ok_or_else(|| Failure::usage(format!("there is no format `{name}`"), "mbox, json, csv or markdown"))?;
    let output = path(args, "output").filter(|path| path.as_os_str() != "-");
    Ok(ExportOrder { query: texts(args, "query").join(" ").trim().to_owned(), format, output, redact: args.get_flag("redact") })
}

fn show_form(args: &ArgMatches) -> Outcome<ShowForm> {
    let forms = [("raw", ShowForm::Raw), ("headers", ShowForm::Headers), ("json", ShowForm::Json)];
    let asked: Vec<_> = forms.into_iter().filter(|(name, _)| args.get_flag(name)).collect();
    match asked.as_slice() {
        [] => Ok(ShowForm::Text),
        [(_, form)] => Ok(*form),
        [(one, _), (other, _), ..] => Err(Failure::usage(format!("--{one} and --{other} exclude each other"), "give one of them")),
    }
}

fn mail(args: &ArgMatches) -> Outcome<MailOrder> {
    let fate = match (args.get_flag("dry-run"), args.get_flag("send")) {
        (true, _) => Fate::DryRun,
        (false, true) => Fate::Send,
        (false, false) => Fate::Draft,
    };
    Ok(MailOrder {
        // A mail that opens a ticket is about none.
        message: args.try_get_one::<String>("message").ok().flatten().cloned(),
        template: text(args, "template"),
        body: path(args, "body").map(source),
        attach: paths(args, "attach"),
        to: addresses(args, "to")?,
        cc: addresses(args, "cc")?,
        bcc: addresses(args, "bcc")?,
        allow: all(args, "allow")?.into_iter().collect(),
        // Where everybody a mail goes to is named there is no crowd.
        yes: args.try_get_one::<bool>("yes").ok().flatten().is_some_and(|yes| *yes),
        fate,
    })
}

fn assignee(text: &str) -> ChangeOrder {
    match text.trim().to_lowercase().as_str() {
        "me" => ChangeOrder::AssignMe,
        "none" | "-" => ChangeOrder::Assign(None),
        name => ChangeOrder::Assign(Some(name.to_owned())),
    }
}

fn tag(words: &[String]) -> Outcome<Order> {
    let (tickets, add, remove) = signed(words, &tag_name)?;
    if tickets.is_empty() {
        return Err(Failure::usage("no ticket is named", "write for example: postdesk tag 1042 +billing"));
    }
    if add.is_empty() && remove.is_empty() {
        return Err(Failure::usage("no tag is named", "write +TAG to add one and -TAG to remove one, for example: postdesk tag 1042 +billing"));
    }
    Ok(Order::Change { tickets, change: ChangeOrder::Tag { add, remove } })
}

fn participant(words: &[String]) -> Outcome<Order> {
    let address = |text: &str| Address::parse(text).map(|address| address.address).map_err(|error| misread(&error));
    let (tickets, add, remove) = signed(words, &address)?;
    if tickets.is_empty() || (add.is_empty() && remove.is_empty()) {
        let example = "write for example: postdesk participant 1042 +boss@example.org";
        return Err(Failure::usage("a ticket and at least one +ADDRESS or -ADDRESS are needed", example));
    }
    Ok(Order::Change { tickets, change: ChangeOrder::Participant { add, remove } })
}

type Signed = (Vec<TicketName>, Vec<String>, Vec<String>);

/// Tickets, what is added to them, and what is taken from them, told apart by the first character of each word.
fn signed(words: &[String], read: &dyn Fn(&str) -> Outcome<String>) -> Outcome<Signed> {
    let (mut tickets, mut add, mut remove) = (Vec::new(), Vec::new(), Vec::new());
    for word in words.iter().map(|word| word.trim()) {
        match (word.strip_prefix('+'), word.strip_prefix('-')) {
            (Some(text), _) => add.push(read(text)?),
            (_, Some(text)) => remove.push(read(text)?),
            _ => match TicketName::from_str(word) {
                Ok(ticket) => tickets.push(ticket),
                Err(_) if tickets.len() + 1 == words.len() && read(word).is_ok() => {
                    let what = format!("`{word}` is not a ticket, and nothing says whether it is to come or to go");
                    return Err(Failure::usage(what, format!("write +{word} to add it and -{word} to remove it")));
                }
                Err(error) => return Err(misread(&error)),
            },
        }
    }
    Ok((tickets, add, remove))
}

fn link(args: &ArgMatches) -> Outcome<ChangeOrder> {
    let other = one(args, "other")?;
    Ok(if args.get_flag("remove") { ChangeOrder::Unlink(other) } else { ChangeOrder::Link(other) })
}

/// Tells an event from the tickets by its dot.
fn apply(words: &[String], leave: bool) -> Outcome<Order> {
    let (events, tickets): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.contains('.'));
    let tickets = tickets.iter().map(|word| TicketName::from_str(word.trim()).map_err(|error| misread(&error))).collect::<Outcome<Vec<_>>>()?;
    let event = events.first().map(|word| EventId::from_str(word.trim()).map_err(|error| misread(&error))).transpose()?;
    if tickets.is_empty() || events.len() > 1 || (event.is_some() && tickets.len() > 1) {
        return Err(Failure::usage("tickets, or one ticket and one of its events are needed", "write for example: postdesk apply 1042"));
    }
    Ok(Order::Apply { tickets, event, leave })
}

fn tag_name(name: &str) -> Outcome<String> {
    ticket::tag(name)
        .ok_or_else(|| Failure::usage(format!("`{name}` is no tag"), "a tag is 1 to 50 letters, digits, `-`, `_`, `.` or `/`, without blanks"))
}

fn outbox(args: &ArgMatches) -> Outcome<OutboxOrder> {
    Ok(match args.subcommand() {
        Some(("show", args)) => OutboxOrder::Show { id: number(args, "id")?, json: args.get_flag("json") },
        Some(("retry", args)) => OutboxOrder::Retry { id: number(args, "id")?, anyway: args.get_flag("anyway") },
        Some(("cancel", args)) => OutboxOrder::Cancel(number(args, "id")?),
        Some(("edit", args)) => OutboxOrder::Edit(number(args, "id")?),
        other => OutboxOrder::List { json: wants_json(other) },
    })
}

fn drafts(args: &ArgMatches) -> Outcome<DraftsOrder> {
    Ok(match args.subcommand() {
        Some(("show", args)) => DraftsOrder::Show(number(args, "id")?),
        Some(("send", args)) => {
            DraftsOrder::Send { id: number(args, "id")?, allow: all(args, "allow")?.into_iter().collect(), yes: args.get_flag("yes") }
        }
        Some(("recover", args)) => DraftsOrder::Recover(number(args, "id")?),
        Some(("discard", args)) => DraftsOrder::Discard(number(args, "id")?),
        other => DraftsOrder::List { json: wants_json(other) },
    })
}

fn templates(args: &ArgMatches) -> Outcome<TemplatesOrder> {
    Ok(match args.subcommand() {
        Some(("check", _)) => TemplatesOrder::Check,
        Some(("render", args)) => TemplatesOrder::Render { name: required(args, "name")?, ticket: one(args, "ticket")? },
        other => TemplatesOrder::List { project: other.and_then(|(_, args)| text(args, "project")), json: wants_json(other) },
    })
}

fn shell(args: &ArgMatches) -> Outcome<Shell> {
    let name = required(args, "shell")?;
    chosen(&SHELLS, &name).ok_or_else(|| Failure::usage(format!("no completions for `{name}`"), "bash, zsh, fish, elvish or powershell"))
}

fn source(path: PathBuf) -> BodySource {
    if path.as_os_str() == "-" { BodySource::Stdin } else { BodySource::File(path) }
}

#[cfg(test)]
mod tests;
