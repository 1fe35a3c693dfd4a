//! Draws the model. Every text goes through `Canvas`, and so past the sanitiser.

mod canvas;
mod columns;
mod compose;
mod conflicts;
mod drafts;
mod frame;
mod held;
mod jobs;
mod overlay;
mod queue;
mod screens;
mod source;
mod ticket;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::layout::{MIN_HEIGHT, MIN_WIDTH};
use super::model::{Model, Screen};
use super::pointer::{Hits, Target};
use canvas::Canvas;

/// Draws the whole screen and puts the cursor where the attention is.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let cursor = {
        let mut canvas = Canvas::new(frame.buffer_mut());
        if area.width < MIN_WIDTH || area.height < MIN_HEIGHT { too_small(model, &mut canvas, area) } else { draw(model, &mut canvas, area) }
    };
    model.theme.lay_ground(frame.buffer_mut());
    model.chrome.apply(frame.buffer_mut());
    if let Some(position) = cursor.filter(|position| area.contains(*position)) {
        frame.set_cursor_position(position);
    }
}

/// Finds out where what is, by drawing the screen aside.
pub fn hits(model: &Model) -> Hits {
    let area = Rect::new(0, 0, model.width, model.height);
    let mut aside = Buffer::empty(area);
    let mut canvas = Canvas::new(&mut aside);
    if area.width >= MIN_WIDTH && area.height >= MIN_HEIGHT {
        draw(model, &mut canvas, area);
    }
    canvas.into_hits()
}

fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    // The runtime tells the model of a new size; until it has, the frame's own counts.
    let layout = super::layout::of(area.width, area.height, model.queue.preview.place);
    let cursor = match model.screen() {
        Screen::Queue => Some(queue::draw(model, canvas, &layout)),
        Screen::Ticket => ticket::draw(model, canvas, &layout),
        Screen::Compose => compose::draw(model, canvas, &layout),
        Screen::Review => screens::review(model, canvas, &layout),
        Screen::Drafts => Some(drafts::draw(model, canvas, &layout)),
        Screen::Conflicts => Some(conflicts::draw(model, canvas, &layout)),
        Screen::Jobs => Some(jobs::draw(model, canvas, &layout)),
        Screen::Outbox => screens::outbox(model, canvas, &layout),
        Screen::Held => Some(held::draw(model, canvas, &layout)),
        Screen::Help => Some(screens::keys(model, canvas, &layout)),
        Screen::Source => Some(source::draw(model, canvas, &layout)),
    };
    frame::status(model, canvas, layout.status);
    let on_footer = frame::footer(model, canvas, layout.footer);
    frame::which_key(model, canvas, layout.body);
    if model.overlay.is_some() {
        canvas.hit(area, Target::Nothing);
    }
    let on_overlay = overlay::draw(model, canvas, &layout);
    on_overlay.or(on_footer).or(cursor)
}

fn too_small(model: &Model, canvas: &mut Canvas<'_>, area: Rect) -> Option<Position> {
    let lines = [format!("{}x{} is too small", area.width, area.height), format!("needs {MIN_WIDTH}x{MIN_HEIGHT}")];
    for (row, line) in lines.iter().enumerate() {
        canvas.line(area, row as u16, line, model.theme.text);
    }
    None
}
