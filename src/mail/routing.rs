//! Which of our addresses a mail was sent to: the headers that can tell, in the order they are asked.

use super::headers::{Headers, unfold};
use super::limits;
use crate::domain::message::RoutedAddress;

/// The headers that name a recipient, most telling first.
const ORDER: [&str; 9] =
    ["To", "Delivered-To", "X-Delivered-To", "Envelope-To", "X-Envelope-To", "Received", "X-Original-To", "X-Forwarded-To", "Cc"];

/// Every address the mail may have been sent to, in routing order, as written, each once per header.
///
/// No header may crowd out the others: a mail with a thousand recipients in To is
/// still routed by Delivered-To.
pub fn recipients(headers: &Headers<'_>) -> Vec<RoutedAddress> {
    let mut found: Vec<RoutedAddress> = Vec::new();
    for name in ORDER {
        let addresses = headers
            .all(name)
            .flat_map(|field| if name == "Received" { received_for(&unfold(field.value)).into_iter().collect() } else { addresses_in(field) });
        let mut seen = std::collections::HashSet::new();
        let fresh = addresses.filter(|address| seen.insert(address.clone())).take(limits::ADDRESSES);
        found.extend(fresh.map(|address| RoutedAddress { header: name.to_owned(), address }));
    }
    found
}

fn addresses_in(field: &super::headers::Field<'_>) -> Vec<String> {
    field.addresses().into_iter().map(|address| address.address).filter(|address| address.contains('@')).collect()
}

/// The address behind `for` in a Received header (RFC 5321 §4.4), found in one pass.
fn received_for(value: &str) -> Option<String> {
    let mut words = value.split_whitespace();
    while let Some(word) = words.next() {
        if word.eq_ignore_ascii_case("for") {
            let candidate = words.clone().next()?.trim_matches(['<', '>', ';', ',']);
            if candidate.contains('@') && candidate.len() <= 254 && !candidate.contains(['<', '>']) {
                return Some(candidate.to_owned());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_asked_in_order_and_case_is_kept() {
        let (headers, _) = Headers::read(
            b"Cc: c@x.example\nDelivered-To: Box@x.example\nTo: Ana <a@x.example>, b@x.example\nReceived: from y by z with SMTP id 1\n\tfor <Support+app@x.example>; Mon, 1 Jan 2026 00:00:00 +0000\n\n",
        );

        let found: Vec<_> = recipients(&headers).into_iter().map(|route| format!("{} {}", route.header, route.address)).collect();

        assert_eq!(found, ["To a@x.example", "To b@x.example", "Delivered-To Box@x.example", "Received Support+app@x.example", "Cc c@x.example"]);
    }

    #[test]
    fn a_thousand_recipients_in_to_do_not_hide_the_other_headers() {
        let crowd = (0..2_000).map(|n| format!("p{n}@x.example")).collect::<Vec<_>>().join(",\n ");
        let text = format!("To: {crowd}\nDelivered-To: support+app@desk.example\n\n");
        let (headers, _) = Headers::read(text.as_bytes());

        let found = recipients(&headers);

        assert!(found.contains(&RoutedAddress { header: "Delivered-To".into(), address: "support+app@desk.example".into() }));
    }

    #[test]
    fn a_megabyte_of_for_is_read_in_linear_time() {
        for piece in ["for <<", "for "] {
            crate::growth::assert_linear(piece, 3_200, |count| piece.repeat(count), |text| assert_eq!(received_for(text), None));
        }
    }
}
