//! Choosing a template: to begin an answer with, or to put where the cursor is; its text is shown beside the list.

use super::choices::item;
use super::{act, hint, picker, read};
use crate::domain::draft::Draft;
use crate::protocol::answer::TemplateLine;
use crate::protocol::job::Job;
use crate::tui::model::{Kind, Model, Overlay, PickerKind, Purpose};
use crate::tui::msg::{Effect, Lane};

/// Opens the templates of the project of the ticket at hand, to begin an answer with one.
pub(super) fn pick_to_reply(model: &mut Model) -> Vec<Effect> {
    let Some(row) = act::require(model) else { return Vec::new() };
    picker::pick(model, PickerKind::Template(row.key));
    vec![read(model, Lane::Choices, Purpose::Choices, Job::Templates { project: row.project })]
}

/// Opens the templates of the draft's project, to put one where the cursor is.
pub(super) fn pick_to_insert(model: &mut Model) -> Vec<Effect> {
    let Some(composing) = &model.composing else { return Vec::new() };
    let project = match &composing.kind {
        Kind::Mail => composing.draft.project.clone(),
        Kind::Note(_) => {
            hint(model, "templates are for mail to customers");
            return Vec::new();
        }
    };
    picker::pick(model, PickerKind::Insert);
    vec![read(model, Lane::Choices, Purpose::Choices, Job::Templates { project })]
}

/// Asks for the text of the template the picker points at, when that is another one than before.
pub(super) fn preview(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Picker(picker)) = &model.overlay else { return Vec::new() };
    let draft = match &picker.kind {
        PickerKind::Template(key) => {
            Draft { ticket: Some(key.clone()), project: act::target(model).map(|row| row.project.clone()).unwrap_or_default(), ..Draft::default() }
        }
        PickerKind::Insert => model.composing.as_ref().map(|composing| composing.draft.clone()).unwrap_or_default(),
        _ => return Vec::new(),
    };
    let Some(template) = picker.matches().get(picker.selected).map(|item| item.value.clone()) else {
        model.template_preview = None;
        return Vec::new();
    };
    if model.template_preview.as_ref().is_some_and(|shown| shown.name == template) || model.awaits(&Purpose::TemplatePreview) {
        return Vec::new();
    }
    vec![read(model, Lane::Template, Purpose::TemplatePreview, Job::RenderTemplate { draft: Box::new(draft), template })]
}

/// Fills an open picker with the templates that came.
pub(super) fn take(model: &mut Model, templates: &[TemplateLine]) {
    if let Some(Overlay::Picker(picker)) = &mut model.overlay {
        if matches!(picker.kind, PickerKind::Template(_) | PickerKind::Insert) {
            let label = |line: &TemplateLine| if line.title.is_empty() { line.name.clone() } else { line.title.clone() };
            let about = |line: &TemplateLine| format!("{} {}", line.name, line.language).trim().to_owned();
            picker.items = templates.iter().map(|line| item(&line.name, &label(line), &about(line))).collect();
            picker.loading = false;
        }
    }
}
