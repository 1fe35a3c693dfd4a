//! The only way to the buffer: cleans, cuts and places text.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::widgets::Widget as _;

use crate::domain::sanitise;
use crate::tui::pointer::{Hits, Target};
use crate::tui::text;

#[derive(Debug)]
pub(super) struct Canvas<'a> {
    buffer: &'a mut Buffer,
    hits: Hits,
}

impl<'a> Canvas<'a> {
    pub fn new(buffer: &'a mut Buffer) -> Self {
        Self { buffer, hits: Hits::default() }
    }

    /// Notes what the pointer finds in an area.
    pub fn hit(&mut self, area: Rect, target: Target) {
        self.hits.note(area, target);
    }

    /// All that was noted.
    pub fn into_hits(self) -> Hits {
        self.hits
    }

    /// Writes at most `columns` of a text; returns how many it took.
    pub fn put(&mut self, x: u16, y: u16, columns: u16, content: &str, style: Style) -> u16 {
        let inside = self.buffer.area;
        if y < inside.top() || y >= inside.bottom() || x < inside.left() || x >= inside.right() {
            return 0;
        }
        let room = columns.min(inside.right() - x);
        let clean = sanitise::line(content);
        let cut = text::cut(&clean, usize::from(room));
        let (end, _) = self.buffer.set_stringn(x, y, &cut, usize::from(room), style);
        end.saturating_sub(x)
    }

    /// Writes one row of an area from its left edge.
    pub fn line(&mut self, area: Rect, row: u16, content: &str, style: Style) {
        if row < area.height {
            self.put(area.x, area.y + row, area.width, content, style);
        }
    }

    /// Writes a sentence on as many rows of an area as it needs.
    pub fn sentence(&mut self, area: Rect, content: &str, style: Style) {
        let clean = sanitise::line(content);
        for (row, line) in (0..area.height).zip(text::wrap(&clean, usize::from(area.width.saturating_sub(2)))) {
            self.line(area, row, &format!(" {line}"), style);
        }
    }

    /// Writes a row in place of what stands there, and gives all of it the style.
    pub fn bar(&mut self, area: Rect, row: u16, content: &str, style: Style) {
        if row < area.height {
            self.clear(Rect::new(area.x, area.y + row, area.width, 1));
            self.line(area, row, content, style);
            self.paint(Rect::new(area.x, area.y + row, area.width, 1), style);
        }
    }

    /// Draws a text area. Its text was cleaned when it came in; see [`crate::tui::editor`].
    pub fn editor(&mut self, area: Rect, editor: &crate::tui::editor::Editor) {
        editor.area().render(area.intersection(self.buffer.area), self.buffer);
    }

    pub fn paint(&mut self, area: Rect, style: Style) {
        let area = area.intersection(self.buffer.area);
        self.buffer.set_style(area, style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }

    /// Draws a box with a title over whatever was there; returns its inside.
    pub fn boxed(&mut self, area: Rect, title: &str, style: Style) -> Rect {
        self.clear(area);
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let across = "─".repeat(usize::from(area.width - 2));
        self.put(area.x, area.y, area.width, &format!("┌{across}┐"), style);
        self.put(area.x, area.bottom() - 1, area.width, &format!("└{across}┘"), style);
        for y in area.y + 1..area.bottom() - 1 {
            self.put(area.x, y, 1, "│", style);
            self.put(area.right() - 1, y, 1, "│", style);
        }
        if !title.is_empty() && area.width > 6 {
            self.put(area.x + 2, area.y, area.width - 4, &format!(" {title} "), style);
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }
}
