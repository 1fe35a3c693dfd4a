//! A calendar part in one sentence (RFC 5545, RFC 5546).

/// Lines of a calendar part that are looked at.
const LINES: usize = 2_000;

/// What an invitation, an update, a cancellation or an answer is about, on one line:
/// `Invitation: Review, 2026-11-30 10:00 (Europe/Berlin), Room 5, from ana@x.example`.
///
/// `None` when the text holds no event. Times are given as written, in the zone they name.
pub fn summary(text: &str) -> Option<String> {
    let lines = unfolded(text);
    let method = value(&lines, "METHOD").unwrap_or_default().to_uppercase();
    let start = lines.iter().position(|line| line.eq_ignore_ascii_case("BEGIN:VEVENT"))?;
    let event = lines.get(start..)?;
    let kind = match method.as_str() {
        "CANCEL" => "Cancelled",
        "REPLY" => "Answer to an invitation",
        "COUNTER" => "Another time proposed",
        "REQUEST" | "PUBLISH" => "Invitation",
        _ => "Event",
    };
    let organiser = value(event, "ORGANIZER").map(|address| format!("from {}", without_scheme(&address)));
    let details = [value(event, "SUMMARY"), when(event), value(event, "LOCATION"), organiser];
    let details: Vec<String> = details.into_iter().flatten().filter(|detail| !detail.trim().is_empty()).collect();
    Some(format!("{kind}: {}", details.join(", ")))
}

/// Folded lines joined (RFC 5545 §3.1).
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().take(LINES) {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(last)) if last.len() < 4_096 => last.push_str(rest),
            (Some(_), Some(_)) => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The value of the first property of that name, escapes undone.
fn value(lines: &[String], name: &str) -> Option<String> {
    let (_, value) = property(lines, name)?;
    let value = value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\");
    Some(value.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Parameters and value of the first property of that name.
fn property<'l>(lines: &'l [String], name: &str) -> Option<(&'l str, &'l str)> {
    lines.iter().find_map(|line| {
        let rest = line.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).and_then(|_| line.get(name.len()..))?;
        let (parameters, value) = rest.split_once(':')?;
        (parameters.is_empty() || parameters.starts_with(';')).then_some((parameters, value))
    })
}

/// `2026-11-30 10:00 (Europe/Berlin)`, from DTSTART.
fn when(event: &[String]) -> Option<String> {
    let (parameters, value) = property(event, "DTSTART")?;
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let part = |from: usize, to: usize| digits.get(from..to);
    let date = format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let Some(time) = part(8, 10).zip(part(10, 12)).map(|(hour, minute)| format!("{hour}:{minute}")) else { return Some(date) };
    let zone = parameters.split(';').find_map(|parameter| parameter.strip_prefix("TZID=")).map(|zone| zone.trim_matches('"'));
    let zone = if value.trim_end().ends_with('Z') { Some("UTC") } else { zone };
    Some(zone.map_or_else(|| format!("{date} {time}"), |zone| format!("{date} {time} ({zone})")))
}

fn without_scheme(address: &str) -> &str {
    address.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).and_then(|_| address.get(7..)).unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nDTSTART:16010101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Berlin:20261130T100000\r\nSUMMARY:Review\\, part \r\n two\r\nLOCATION:Room 5\r\nORGANIZER;CN=Ana:mailto:ana@x.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn an_invitation_is_one_sentence() {
        assert_eq!(summary(EVENT).as_deref(), Some("Invitation: Review, part two, 2026-11-30 10:00 (Europe/Berlin), Room 5, from ana@x.example"));
    }

    #[test]
    fn cancellations_answers_and_whole_days_are_told() {
        assert_eq!(summary("METHOD:CANCEL\nBEGIN:VEVENT\nSUMMARY:x\nDTSTART;VALUE=DATE:20261130\n").as_deref(), Some("Cancelled: x, 2026-11-30"));
        assert_eq!(
            summary("METHOD:REPLY\nBEGIN:VEVENT\nDTSTART:20261130T100000Z\n").as_deref(),
            Some("Answer to an invitation: 2026-11-30 10:00 (UTC)")
        );
        assert_eq!(summary("BEGIN:VCALENDAR\nEND:VCALENDAR\n"), None);
    }
}
