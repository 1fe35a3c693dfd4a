//! What Amazon SES tells of a mail by way of SNS: JSON in the text of a mail, where others send RFC 3464.

use serde_json::Value;

use super::bounce::Report;
use super::delivery_status::find_status;
use super::headers::Headers;
use super::{ids, lost_recipients};
use crate::domain::message::Bounce;

/// Octets of JSON that are read.
const LIMIT: usize = 256 << 10;

/// Reads a notification about a bounce, a complaint or a delivery; `None` for every other mail.
pub fn report(headers: &Headers<'_>, text: &str) -> Option<Report> {
    let text = text.trim_start();
    if !headers.has("x-amz-sns-message-id") || !text.starts_with('{') || text.len() > LIMIT {
        return None;
    }
    let event = event(text)?;
    match word(&event, &["notificationType", "eventType"]) {
        "Bounce" => Some(Report::Bounce(bounce(&event))),
        "Complaint" => Some(Report::Notice("feedback report")),
        "Delivery" => Some(Report::Notice("delivery receipt")),
        _ => None,
    }
}

/// The notification itself: SNS may wrap it as a string, and ends the mail with words of its own.
fn event(text: &str) -> Option<Value> {
    // Servers on the way fold long lines, with a blank and perhaps a mark (sendmail).
    let unfolded = text.replace("!\n ", "").replace("\n ", "");
    let mut values = serde_json::Deserializer::from_str(&unfolded).into_iter::<Value>();
    let outer = values.next()?.ok()?;
    match outer.get("Message").and_then(Value::as_str) {
        Some(inner) => serde_json::from_str(inner).ok(),
        None => Some(outer),
    }
}

fn bounce(event: &Value) -> Bounce {
    let told = event.get("bounce").unwrap_or(&Value::Null);
    let list = told.get("bouncedRecipients").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut recipients = Vec::new();
    for recipient in list {
        lost_recipients::push(&mut recipients, word(recipient, &["emailAddress"]));
    }
    let mut codes = list.iter().flat_map(|recipient| ["status", "diagnosticCode"].map(|name| word(recipient, &[name])));
    let original = event.pointer("/mail/commonHeaders/messageId").and_then(Value::as_str);
    Bounce {
        permanent: word(told, &["bounceType"]) == "Permanent",
        recipients,
        status: codes.find_map(find_status).unwrap_or_default(),
        original_message_id: original.and_then(ids::own),
    }
}

/// The first of these fields that holds a text.
fn word<'v>(value: &'v Value, names: &[&str]) -> &'v str {
    names.iter().find_map(|name| value.get(name).and_then(Value::as_str)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"gone@y.example","diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{"commonHeaders":{"messageId":"<ours@desk.example>"}}}"#;

    fn read(text: &str) -> Option<Report> {
        report(&Headers::read(b"x-amz-sns-message-id: 1\n\n").0, text)
    }

    #[test]
    fn a_bounce_gives_recipient_status_and_original_bare_wrapped_and_folded() {
        let wrapped = serde_json::json!({"Type": "Notification", "Message": EVENT}).to_string();
        for text in [EVENT.to_owned(), wrapped, EVENT.replace("user unknown", "user un!\n known"), format!("{EVENT}\n--\nIf you wish to stop")] {
            let Some(Report::Bounce(bounce)) = read(&text) else { panic!("no bounce: {text}") };
            assert_eq!((bounce.recipients, bounce.status.as_str(), bounce.permanent), (vec!["gone@y.example".to_owned()], "5.1.1", true));
            assert_eq!(bounce.original_message_id.map(|id| id.to_string()).as_deref(), Some("ours@desk.example"));
        }
    }

    #[test]
    fn complaints_and_deliveries_are_notices_and_other_json_is_none_of_ours() {
        assert_eq!(read(r#"{"eventType":"Complaint"}"#), Some(Report::Notice("feedback report")));
        assert_eq!(read(r#"{"eventType":"Delivery"}"#), Some(Report::Notice("delivery receipt")));
        for other in ["{", "[]", "{}", r#"{"Message":"hello"}"#, "hello"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
