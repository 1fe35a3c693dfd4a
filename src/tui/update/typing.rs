//! The composer while it is typed in: fields, keys, people to choose from, saving in time.

use std::time::Duration;

use super::{compose, hint, perform, read, run, saving};
use crate::action::Scope;
use crate::domain::Address;
use crate::protocol::answer::RenderedTemplate;
use crate::protocol::job::Job;
use crate::tui::editor::Typed;
use crate::tui::key::{Code, Key};
use crate::tui::model::{Alarm, Field, Form, Model, Purpose};
use crate::tui::msg::{Effect, Lane};
use crate::tui::text;

/// How long after a key, at most, what was typed is on its way to the disk.
const SAVE_WITHIN: Duration = Duration::from_millis(1_200);
/// People offered below a field.
pub const OFFERS: usize = 5;

/// Columns given of an entry that is no address: a whole sentence may stand there.
const NAMED_COLUMNS: usize = 40;

/// A key while a text is typed: the composer's own, then the text's, then those that work everywhere.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if let Some(binding) = model.keymap.own(Scope::Compose, key) {
        let verb = binding.verb.clone();
        return run(model, verb);
    }
    let Some(composing) = &mut model.composing else { return Vec::new() };
    if let Some(entry) = composing.form.no_address().filter(|_| key.code == Code::Enter && !key.ctrl && !key.alt) {
        let word = format!("`{}` is not a mail address; tab goes on to the other fields and the text", text::cut(&entry, NAMED_COLUMNS));
        hint(model, word);
        return Vec::new();
    }
    let typed = type_into(&mut composing.form, key);
    match typed {
        Typed::Changed => changed(model),
        Typed::Moved => Vec::new(),
        Typed::Nothing => elsewhere(model, key),
    }
}

/// Keys that type nothing mean what they mean on every screen.
fn elsewhere(model: &mut Model, key: Key) -> Vec<Effect> {
    match model.keymap.own(Scope::Global, key).map(|binding| binding.verb.clone()) {
        Some(verb) => run(model, verb),
        None => {
            hint(model, format!("`{key}` does nothing while typing; f1 shows the keys"));
            Vec::new()
        }
    }
}

pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    let focus = composing.form.focus;
    match composing.form.line_mut(focus) {
        Some(line) => line.insert(text),
        None => drop(composing.form.body.insert(text)),
    }
    changed(model)
}

fn type_into(form: &mut Form, key: Key) -> Typed {
    if form.focus == Field::Body {
        if key.code == Code::Up && form.body.is_at_top() && form.body.cursor().1 == 0 {
            form.focus = Field::Subject;
            return Typed::Moved;
        }
        return form.body.press(key);
    }
    let plain = !key.ctrl && !key.alt;
    match key.code {
        Code::Enter if plain => match form.chosen().cloned() {
            Some(person) => {
                form.complete(&person);
                return Typed::Changed;
            }
            None => step(form, 1),
        },
        Code::Down if !form.offers.is_empty() => form.offered = (form.offered + 1).min(form.offers.len().min(OFFERS) - 1),
        Code::Up if form.offered > 0 => form.offered -= 1,
        Code::Down => step(form, 1),
        Code::Up => step(form, -1),
        _ => {
            let focus = form.focus;
            let Some(line) = form.line_mut(focus) else { return Typed::Nothing };
            let before = line.text().to_owned();
            if !line.press(key) {
                return Typed::Nothing;
            }
            return if line.text() == before { Typed::Moved } else { Typed::Changed };
        }
    }
    Typed::Moved
}

/// Moves to the next or previous field, round the ends.
fn step(form: &mut Form, by: i32) {
    let index = Field::ALL.iter().position(|field| *field == form.focus).unwrap_or(0) as i32;
    let next = (index + by).rem_euclid(Field::ALL.len() as i32) as usize;
    form.enter(Field::ALL.get(next).copied().unwrap_or(Field::Body));
}

pub(super) fn step_field(model: &mut Model, by: i32) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    if composing.is_note() {
        hint(model, "a note has no other field: it goes to nobody");
        return Vec::new();
    }
    step(&mut composing.form, by);
    saving::flush(model)
}

/// Opens the composer on one of its fields.
pub(super) fn edit_field(model: &mut Model, field: Field) -> Vec<Effect> {
    if super::review::ready(model).is_none() {
        return Vec::new();
    }
    let Some(composing) = &mut model.composing else { return Vec::new() };
    if composing.is_note() {
        hint(model, "a note goes to nobody; n makes it a public reply");
        return Vec::new();
    }
    composing.form = Form::of(&composing.draft);
    composing.form.enter(field);
    composing.stage = crate::tui::model::Stage::Editing;
    compose::show(model, crate::tui::model::Screen::Compose)
}

/// After each change: it will be saved, and people who match are looked for.
fn changed(model: &mut Model) -> Vec<Effect> {
    if let (Some(at), false) = (model.now.checked_add(SAVE_WITHIN).ok(), model.alarms.contains_key(&Alarm::Autosave)) {
        model.alarms.insert(Alarm::Autosave, at);
    }
    let Some(composing) = &mut model.composing else { return Vec::new() };
    composing.unsaved = true;
    composing.form.offered = 0;
    let wanted = composing.form.last_recipient().filter(|text| !text.is_empty() && Address::parse(text).is_err()).map(str::to_owned);
    let project = composing.draft.project.clone();
    match wanted {
        Some(text) => vec![read(model, Lane::Choices, Purpose::Contacts, Job::Contacts { project, text })],
        None => {
            composing.form.offers.clear();
            Vec::new()
        }
    }
}

/// Looks for people whatever stands in the field.
pub(super) fn complete(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    let Some(text) = composing.form.last_recipient().map(str::to_owned) else {
        hint(model, "people can be completed in To, Cc and Bcc; ctrl-t inserts a template");
        return Vec::new();
    };
    if let Some(person) = composing.form.offers.get(composing.form.offered).cloned() {
        composing.form.complete(&person);
        return changed(model);
    }
    let project = composing.draft.project.clone();
    vec![read(model, Lane::Choices, Purpose::Contacts, Job::Contacts { project, text })]
}

pub(super) fn take_contacts(model: &mut Model, people: Vec<Address>) {
    let nobody = people.is_empty();
    if let Some(composing) = &mut model.composing {
        if composing.form.last_recipient().is_some() {
            composing.form.offers = people;
            composing.form.offered = 0;
            if nobody && composing.form.last_recipient() == Some("") {
                hint(model, "nobody is known yet");
            }
        }
    }
}

/// The time to save has come.
pub(super) fn autosave(model: &mut Model) -> Vec<Effect> {
    saving::flush(model)
}

/// Takes back, or does again, a step of typing.
pub(super) fn undo_typing(model: &mut Model, back: bool) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    let body = &mut composing.form.body;
    if if back { body.undo() } else { body.redo() } {
        return changed(model);
    }
    hint(model, if back { "nothing to take back in this text" } else { "nothing to do again in this text" });
    Vec::new()
}

/// Asks for a template's text, to be put where the cursor is.
pub(super) fn insert_template(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(composing) = &model.composing else { return Vec::new() };
    let draft = Box::new(composing.draft.clone());
    vec![perform(model, Purpose::Insert, Job::RenderTemplate { draft, template: name.to_owned() })]
}

/// Puts a template's text where the cursor is; its status, tags and files come along.
pub(super) fn take_template(model: &mut Model, rendered: RenderedTemplate) -> Vec<Effect> {
    let Some(composing) = &mut model.composing else { return Vec::new() };
    let at_start = composing.form.body.is_blank();
    composing.form.body.insert(rendered.text.trim_end());
    if at_start {
        composing.draft.template = Some(rendered.name);
    }
    composing.draft.status = rendered.status.or(composing.draft.status);
    composing.draft.tags.extend(rendered.tags);
    composing.draft.attachments.extend(rendered.attachments);
    if !rendered.unfilled.is_empty() {
        hint(model, format!("left without a value: {}", rendered.unfilled.join(", ")));
    }
    if let Some(composing) = &mut model.composing {
        composing.draft.unfilled.extend(rendered.unfilled);
        composing.form.write_into(&mut composing.draft);
        composing.unsaved = true;
    }
    if model.screen() == crate::tui::model::Screen::Review { compose::prepare(model) } else { changed(model) }
}
