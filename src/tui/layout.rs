//! Where things stand, from the terminal's size alone; shared by update and view.

use ratatui::layout::Rect;

/// Below this the screen only says how large it needs to be.
pub const MIN_WIDTH: u16 = 30;
pub const MIN_HEIGHT: u16 = 8;

/// Columns the list keeps before the preview may stand beside it.
const LIST_WIDTH: u16 = 80;
const PREVIEW_WIDTH: u16 = 39;
/// Lines below which there is no room for a preview under the list.
const BELOW_HEIGHT: u16 = 14;

/// The parts of the screen. Those without room have no area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Views, or the title of the screen.
    pub top: Rect,
    pub body: Rect,
    pub status: Rect,
    pub footer: Rect,
    /// The column titles of the list.
    pub columns: Rect,
    pub list: Rect,
    /// Between list and preview.
    pub divider: Rect,
    pub preview: Rect,
}

/// Divides a screen.
pub fn of(width: u16, height: u16, preview_hidden: bool) -> Layout {
    let row = |y: u16| Rect::new(0, y.min(height.saturating_sub(1)), width, u16::from(height > 0));
    let body = Rect::new(0, 1, width, height.saturating_sub(3));
    let nothing = Rect::new(0, 0, 0, 0);
    let mut list = body;
    let (mut divider, mut preview) = (nothing, nothing);
    if !preview_hidden && width > LIST_WIDTH + PREVIEW_WIDTH {
        list.width = LIST_WIDTH.max(width * 55 / 100);
        divider = Rect::new(list.width, body.y, 1, body.height);
        preview = Rect::new(list.width + 2, body.y, width - list.width - 2, body.height);
    } else if !preview_hidden && body.height >= BELOW_HEIGHT && width >= 60 {
        list.height = body.height * 45 / 100;
        divider = Rect::new(0, body.y + list.height, width, 1);
        preview = Rect::new(0, divider.y + 1, width, body.height - list.height - 1);
    }
    let mut columns = nothing;
    if list.height >= 9 {
        columns = Rect { height: 1, ..list };
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    Layout { top: row(0), body, status: row(height.saturating_sub(2)), footer: row(height.saturating_sub(1)), columns, list, divider, preview }
}

/// A box of at most this size in the middle of an area.
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 2, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preview_stands_beside_a_list_of_eighty_columns_or_below_it() {
        assert!(of(120, 40, false).list.width >= 80);
        assert_eq!(of(120, 40, false).preview.height, 37);
        assert_eq!(of(119, 40, false).list.width, 119);
        assert!(of(119, 40, false).preview.y > 10);
        assert_eq!(of(40, 10, false).preview.height, 0);
        assert_eq!(of(120, 40, true).preview.width, 0);
    }

    #[test]
    fn every_part_lies_on_the_screen() {
        for width in 0..220 {
            for height in 0..70 {
                let screen = Rect::new(0, 0, width, height);
                let parts = of(width, height, false);
                if width >= MIN_WIDTH && height >= MIN_HEIGHT {
                    for part in [parts.top, parts.body, parts.status, parts.footer, parts.columns, parts.list, parts.divider, parts.preview] {
                        assert_eq!(part.intersection(screen).area(), part.area(), "{width}x{height} {parts:?}");
                    }
                }
            }
        }
    }
}
