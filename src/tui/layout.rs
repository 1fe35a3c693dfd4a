//! Where things stand, from the terminal's size alone; shared by update and view.

use ratatui::layout::Rect;

/// Below this the screen only says how large it needs to be.
pub const MIN_WIDTH: u16 = 30;
pub const MIN_HEIGHT: u16 = 8;

/// Columns the list keeps before the preview may stand beside it.
const LIST_WIDTH: u16 = 80;
const PREVIEW_WIDTH: u16 = 39;
/// Columns it keeps when the agent wants the preview beside it all the same.
const NARROW_LIST: u16 = 40;
const NARROW_PREVIEW: u16 = 28;
/// Lines from which on the address of the project has one of its own.
const ADDRESS_HEIGHT: u16 = 20;
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
    /// The project's own address, over the list.
    pub address: Rect,
    /// The column titles of the list.
    pub columns: Rect,
    pub list: Rect,
    /// Between list and preview.
    pub divider: Rect,
    pub preview: Rect,
}

/// Where the agent wants the preview.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Beside a list of eighty columns, else below it.
    #[default]
    Auto,
    Beside,
    Below,
    Hidden,
}

/// Divides a screen; a preview for which the wanted place has no room has no area.
pub fn of(width: u16, height: u16, place: Place) -> Layout {
    let row = |y: u16| Rect::new(0, y.min(height.saturating_sub(1)), width, u16::from(height > 0));
    let body = Rect::new(0, 1, width, height.saturating_sub(3));
    let nothing = Rect::new(0, 0, 0, 0);
    let mut list = body;
    let mut address = nothing;
    if height >= ADDRESS_HEIGHT {
        address = Rect { height: 1, ..list };
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    let (mut divider, mut preview) = (nothing, nothing);
    let room_beside = width > LIST_WIDTH + PREVIEW_WIDTH;
    let room_below = body.height >= BELOW_HEIGHT && width >= 60;
    let beside = match place {
        Place::Auto => room_beside,
        Place::Beside => width > NARROW_LIST + NARROW_PREVIEW,
        Place::Below | Place::Hidden => false,
    };
    if beside {
        list.width = if room_beside { LIST_WIDTH.max(width * 55 / 100) } else { NARROW_LIST.max(width / 2) };
        divider = Rect::new(list.width, list.y, 1, list.height);
        preview = Rect::new(list.width + 2, list.y, width - list.width - 2, list.height);
    } else if place != Place::Hidden && room_below {
        let all = list;
        list.height = all.height * 45 / 100;
        divider = Rect::new(0, all.y + list.height, width, 1);
        preview = Rect::new(0, divider.y + 1, width, all.height - list.height - 1);
    }
    let mut columns = nothing;
    if list.height >= 9 {
        columns = Rect { height: 1, ..list };
        list = Rect { y: list.y + 1, height: list.height - 1, ..list };
    }
    Layout {
        top: row(0),
        body,
        status: row(height.saturating_sub(2)),
        footer: row(height.saturating_sub(1)),
        address,
        columns,
        list,
        divider,
        preview,
    }
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
        let auto = |width, height| of(width, height, Place::Auto);
        assert!(auto(120, 40).list.width >= 80);
        assert_eq!(auto(120, 40).preview.height, 36);
        assert_eq!(auto(119, 40).list.width, 119);
        assert!(auto(119, 40).preview.y > 10);
        assert_eq!(auto(40, 10).preview.height, 0);
        assert_eq!(of(120, 40, Place::Hidden).preview.width, 0);
    }

    #[test]
    fn the_preview_goes_where_it_is_wanted_if_there_is_room() {
        assert!(of(200, 40, Place::Below).preview.y > 10);
        assert!(of(80, 24, Place::Beside).preview.x > 39);
        assert!(of(60, 24, Place::Beside).preview.y > 10, "without room beside it goes below");
        assert_eq!(of(50, 24, Place::Beside).preview.height, 0);
    }

    #[test]
    fn every_part_lies_on_the_screen() {
        for place in [Place::Auto, Place::Beside, Place::Below, Place::Hidden] {
            for (width, height) in (0..220).flat_map(|width| (0..70).map(move |height| (width, height))) {
                let screen = Rect::new(0, 0, width, height);
                let parts = of(width, height, place);
                if width >= MIN_WIDTH && height >= MIN_HEIGHT {
                    let all =
                        [parts.top, parts.body, parts.status, parts.footer, parts.address, parts.columns, parts.list, parts.divider, parts.preview];
                    for part in all {
                        assert_eq!(part.intersection(screen).area(), part.area(), "{width}x{height} {place:?} {parts:?}");
                    }
                }
            }
        }
    }
}
