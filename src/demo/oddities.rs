//! Mail that is no conversation: bounces, lists, alerts, spam, and two that no mail program would write.

use super::DemoError;
use super::calendar::{DAY, header_date};
use super::client::{Past, Who, Writing, write};
use super::dealer::{Dealer, transport};
use super::encode::header_text;
use super::files;
use super::mime::{Charset, Header, Part, Transfer, multipart, text};
use super::office::project;
use super::people::customer;
use super::scenario::Client;
use super::tree::Folder;
use super::{Seeded, SeededAct};
use crate::domain::MessageId;
use crate::domain::ticket::Priority;

/// Writes one kind of odd mail; the number is that of the round, of which the first has fixed ages.
type Kind = fn(&mut Dealer, u32) -> Result<(), DemoError>;

impl Dealer {
    /// One of each kind, as many as there is room for.
    pub(super) fn oddities(&mut self, room: u32, round: u32) -> Result<(), DemoError> {
        let stop = self.left.saturating_sub(room);
        let kinds: [Kind; 6] = [Self::hostile, Self::bounced, Self::not_mime, Self::list_mail, Self::alert, Self::spam];
        for kind in kinds {
            // No kind takes more mails than this.
            if self.left >= stop + 6 {
                kind(self, round)?;
            }
        }
        Ok(())
    }

    fn age(&mut self, round: u32, first: u64) -> u64 {
        if round == 0 { first } else { self.rng.between(1800, self.calendar.horizon - 2 * DAY) }
    }

    /// A question, our answer to a mistyped address, and the report that it did not arrive (RFC 3464).
    fn bounced(&mut self, round: u32) -> Result<(), DemoError> {
        let ago = self.age(round, DAY / 2);
        let person = customer("en", &mut self.rng);
        let typo = person.address.replace('@', ".old@");
        let shop = project("shop");
        let asked = self.calendar.at(ago + 15_000);
        let mut question = Writing {
            client: Client::Web,
            lang: "en",
            zone: person.zone,
            from: Who::new(person.name.clone(), typo.clone()),
            to: Who::new("", shop.from),
            cc: None,
            subject: "Gift card balance".to_owned(),
            at: asked,
            text: "Hello, how can I see what is left on a gift card? The page wants a PIN and there is none on the card.".to_owned(),
            signature: format!("\n\n{}", person.first),
            answers: None,
            file: None,
            extra: transport(&typo, shop.from, asked, &mut self.rng),
        };
        let (bytes, first) = write(&question, &mut self.rng);
        self.deliver(Folder::Inbox, "RS", asked, &bytes)?;
        let answered = self.calendar.at(ago + 30);
        let answer = Writing {
            client: Client::Apple,
            zone: 60,
            from: Who::new(format!("Chiara Conti ({})", shop.name), shop.from),
            to: std::mem::take(&mut question.from),
            subject: "Re: Gift card balance".to_owned(),
            at: answered,
            text: format!("Hello {},\n\nthe PIN is under the silver strip on the back; a coin takes it off. You have 18.50 EUR left.", person.first),
            signature: format!("\n\nBest regards,\nChiara Conti\n\n-- \n{}", shop.name),
            answers: Some(&first),
            extra: Vec::new(),
            ..question
        };
        let (bytes, sent) = write(&answer, &mut self.rng);
        self.deliver(Folder::Sent, "S", answered, &bytes)?;
        self.seed_bounced(&first, answered);
        self.bounce(&sent, &typo, ago)
    }

    fn seed_bounced(&mut self, first: &Past, at: crate::domain::Timestamp) {
        if let Some(message_id) = MessageId::new(&first.id) {
            for act in [SeededAct::Assign("chiara".to_owned()), SeededAct::Priority(Priority::Low)] {
                self.seeded.push(Seeded { message_id: message_id.clone(), agent: "chiara".to_owned(), at, act });
            }
        }
        self.counts.conversations += 1;
    }

    fn bounce(&mut self, sent: &Past, recipient: &str, ago: u64) -> Result<(), DemoError> {
        let at = self.calendar.at(ago);
        let host = recipient.rsplit_once('@').map_or("unknown.example", |(_, host)| host);
        let words = format!(
            "This is the mail system at host mx.northlight.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients. It's attached below.\n\n<{recipient}>: host mx.{host}[192.0.2.25] said: 550 5.1.1\n    <{recipient}>: Recipient address rejected: User unknown\n"
        );
        let status = format!(
            "Reporting-MTA: dns; mx.northlight.example\nX-Postfix-Queue-ID: 4bK2x91zQz\nArrival-Date: {}\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.{host}\nDiagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected: User unknown\n",
            header_date(sent.at, 0)
        );
        let original = format!(
            "Date: {}\nFrom: {}\nTo: {}\nSubject: {}\nMessage-ID: <{}>\n",
            header_date(sent.at, 60),
            sent.from.header(),
            sent.to.header(),
            header_text(&sent.subject),
            sent.id
        );
        let bare = |kind: &str, body: String| Part { head: format!("Content-Type: {kind}\n"), body: body.into_bytes() };
        let parts = [
            text("text/plain", &words, Charset::Utf8, Transfer::EightBit, ""),
            bare("message/delivery-status", status),
            bare("text/rfc822-headers", original),
        ];
        let mut header = Header::default();
        header.add("Return-Path", "<>");
        header.add("Delivered-To", "support@northlight.example");
        header.add("Date", &header_date(at, 0));
        header.add("From", "Mail Delivery System <MAILER-DAEMON@mx.northlight.example>");
        header.add("To", "shop@northlight.example");
        header.add("Subject", "Undelivered Mail Returned to Sender");
        header.add("Auto-Submitted", "auto-replied");
        header.add("Message-ID", &format!("<{}@mx.northlight.example>", self.rng.hex(16)));
        let bytes = header.with(&multipart("report; report-type=delivery-status", &format!("{}/mx.northlight.example", self.rng.hex(11)), &parts));
        self.counts.bounces += 1;
        self.deliver(Folder::Inbox, "-", at, &bytes)
    }

    /// Everything a mail can try on a terminal, a file system and a browser.
    fn hostile(&mut self, round: u32) -> Result<(), DemoError> {
        let ago = self.age(round, 5400);
        let at = self.calendar.at(ago);
        let body = "Your invoice is \u{1b}[31mOVERDUE\u{1b}[0m.\r\u{1b}]0;owned\u{7}\u{202e}fdp.eciovni\u{202c}\nPay at once: https://northlight.example.pay.test/login\n";
        let page = "<html><body onload=\"alert(1)\"><p style=\"display:none\">invisible text</p><p>Pay <a href=\"https://pay.test/login\">https://northlight.example/</a></p><img src=\"https://pay.test/pixel.gif\" width=\"1\" height=\"1\"><script>alert(2)</script></body></html>\n";
        let alternative =
            [text("text/plain", body, Charset::Utf8, Transfer::QuotedPrintable, ""), text("text/html", page, Charset::Utf8, Transfer::EightBit, "")];
        let parts = [
            multipart("alternative", &self.rng.hex(16), &alternative),
            files::named("../../.ssh/authorized_keys", b"ssh-ed25519 not-a-key\n"),
            files::named("/etc/cron.d/\x1b[2Jinvoice.pdf.exe", b"MZ"),
        ];
        let mut header = Header::default();
        for (name, value) in transport("billing@pay.test", "billing@northlight.example", at, &mut self.rng).into_iter().take(4) {
            header.add(name, &value);
        }
        header.add(
            "Authentication-Results",
            "mx.northlight.example;\n\tdkim=none;\n\tspf=fail smtp.mailfrom=billing@pay.test;\n\tdmarc=fail header.from=pay.test",
        );
        header.add("Date", &header_date(at, 0));
        header.add("From", "\"Ana Ruiz <ana@northlight.example>\" <billing@pay.test>");
        header.add("To", "billing@northlight.example");
        header.add(
            "Subject",
            &format!(
                "\u{1b}[2J\u{1b}[1;1HInvoice \u{1b}]0;owned\u{7} {} {}",
                header_text("überfällig \u{1b}[31m\u{202e}gnp"),
                self.rng.between(1000, 9999)
            ),
        );
        header.add("Message-ID", &format!("<{}@pay.test>", self.rng.hex(20)));
        let bytes = header.with(&multipart("mixed", &self.rng.hex(16), &parts));
        self.counts.hostile += 1;
        self.deliver(Folder::Inbox, "-", at, &bytes)
    }

    /// A device that writes mail as it was done forty years ago: no MIME, no Message-ID, octets of Latin-1.
    fn not_mime(&mut self, round: u32) -> Result<(), DemoError> {
        let ago = self.age(round, 9000);
        let at = self.calendar.at(ago);
        let mut header = Header::default();
        header.add("From", "plotter@harbour-office.test (Hafenamt Plotter 2)");
        header.add("To", "beacon@northlight.example");
        header.add("Date", &super::calendar::written(at, 0, "%d %b %y %H:%M UT"));
        header.add("Subject", &format!("PAPER LOW, ROLL {}", self.rng.between(1, 9)));
        let body =
            encoding_rs::WINDOWS_1252.encode("Station Nord meldet: Papier fast leer, Füllstand 4 %.\nNächste Prüfung morgen früh.\n").0.into_owned();
        self.counts.not_mime += 1;
        self.deliver(Folder::Inbox, "-", at, &header.with_bare(&body))
    }

    fn list_mail(&mut self, round: u32) -> Result<(), DemoError> {
        let first = self.age(round, 2 * DAY);
        let posts = [
            (
                "[beacon-users] Readings in a spreadsheet, step by step",
                "Hello all,\n\nseveral people asked how I get the readings into a spreadsheet every morning. I have written it down, with pictures, on the wiki page \"Mornings\".\n\nCorrections welcome!",
            ),
            (
                "Re: [beacon-users] Readings in a spreadsheet, step by step",
                "Thank you! One correction: step 4 needs a semicolon in countries that write a comma in numbers.",
            ),
        ];
        let mut before: Option<Past> = None;
        for (index, (subject, words)) in posts.into_iter().enumerate() {
            let ago = first.saturating_sub(index as u64 * 1700);
            let at = self.calendar.at(ago);
            let person = customer("en", &mut self.rng);
            let mut extra = transport("beacon-users-bounces@lists.northlight.test", "beacon@northlight.example", at, &mut self.rng);
            extra.extend([
                ("List-Id", "People who own a Beacon <beacon-users.lists.northlight.test>".to_owned()),
                ("List-Post", "<mailto:beacon-users@lists.northlight.test>".to_owned()),
                ("List-Unsubscribe", "<https://lists.northlight.test/beacon-users/leave>".to_owned()),
                ("Precedence", "list".to_owned()),
            ]);
            let footer = "\n\n_______________________________________________\nbeacon-users mailing list\nhttps://lists.northlight.test/beacon-users";
            let writing = Writing {
                client: Client::Thunderbird,
                lang: "en",
                zone: person.zone,
                from: Who::new(person.name, person.address),
                to: Who::new("", "beacon-users@lists.northlight.test"),
                cc: None,
                subject: subject.to_owned(),
                at,
                text: words.to_owned(),
                signature: format!("\n\n{}{footer}", person.first),
                answers: before.as_ref(),
                file: None,
                extra,
            };
            let (bytes, past) = write(&writing, &mut self.rng);
            self.counts.list_mail += 1;
            self.deliver(Folder::Inbox, "-", at, &bytes)?;
            before = Some(past);
        }
        Ok(())
    }

    /// A machine that reports for itself and is not waiting for an answer.
    fn alert(&mut self, round: u32) -> Result<(), DemoError> {
        let ago = self.age(round, 7 * 3600);
        let at = self.calendar.at(ago);
        let mut header = Header::default();
        for (name, value) in transport("noreply@watchtower.example", "beacon@northlight.example", at, &mut self.rng) {
            header.add(name, &value);
        }
        header.add("Date", &header_date(at, 0));
        header.add("From", "Watchtower <noreply@watchtower.example>");
        header.add("To", "beacon@northlight.example");
        header.add("Subject", "[RESOLVED] api.northlight.example answered slowly");
        header.add("Message-ID", &format!("<{}@watchtower.example>", self.rng.hex(18)));
        header.add("Auto-Submitted", "auto-generated");
        let words = format!(
            "Check: api.northlight.example/v1/readings\nState: OK\nMedian answer: {} ms (limit 800 ms)\nFor: 6 minutes\n",
            self.rng.between(90, 400)
        );
        self.counts.auto_replies += 1;
        let bytes = header.with(&text("text/plain", &words, Charset::Utf8, Transfer::EightBit, ""));
        self.deliver(Folder::Inbox, "S", at, &bytes)
    }

    fn spam(&mut self, _round: u32) -> Result<(), DemoError> {
        const LETTERS: [(&str, &str, &str); 5] = [
            (
                "Rank Masters",
                "Your website is losing 1,000 customers per day",
                "We have looked at your web site and found 47 errors. Page one in seven days, guaranteed. Answer YES.",
            ),
            (
                "Mrs. Grace Unity",
                "Confidential: unclaimed lighthouse inheritance",
                "Dearest, I write to you in confidence about the sum of 8.2 million left by a keeper of lighthouses without heirs.",
            ),
            (
                "IT-Helpdesk",
                "Mailbox 98 % full, verify now",
                "Your mailbox is almost full. Verify your password within 24 hours to keep receiving mail.",
            ),
            ("Pharma Direct", "Re: your order", "Best prices, no questions, discreet parcels. Click here before midnight."),
            (
                "Coin Wizard",
                "You have 1 (one) unread transfer",
                "A transfer of 3.14 coins waits for your wallet. Connect it to receive the transfer.",
            ),
        ];
        for (name, subject, words) in LETTERS {
            let ago = self.rng.between(3600, 20 * DAY);
            let at = self.calendar.at(ago);
            let address = format!("{}@{}.test", self.rng.letters("abcdefghijklmnop", 8), self.rng.letters("qrstuvwxyz", 6));
            let mut header = Header::default();
            for (name, value) in transport(&address, "support@northlight.example", at, &mut self.rng).into_iter().take(4) {
                header.add(name, &value);
            }
            header.add("X-Spam-Flag", "YES");
            header.add("X-Spam-Score", &format!("{}.{}", self.rng.between(7, 24), self.rng.below(10)));
            header.add("Date", &header_date(at, 0));
            header.add("From", &format!("\"{name}\" <{address}>"));
            header.add("To", "support@northlight.example");
            header.add("Subject", subject);
            header.add("Message-ID", &format!("<{}@{}.test>", self.rng.hex(14), self.rng.letters("qrstuvwxyz", 6)));
            let page = format!("<html><body bgcolor=\"#ffff00\"><center><font size=\"5\">{words}</font></center></body></html>\n");
            let bytes = header.with(&text("text/html", &page, Charset::Utf8, Transfer::QuotedPrintable, ""));
            self.deliver(Folder::Junk, "-", at, &bytes)?;
        }
        Ok(())
    }
}
