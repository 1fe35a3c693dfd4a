//! Editing a text in `$VISUAL` or `$EDITOR`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::NamedTempFile;

use crate::protocol::answer::Complaint;
use crate::tui::Edited;

/// The editor could not be used; what it left is in `text`, or where the complaint says.
#[derive(Debug)]
pub(super) struct EditFailure {
    pub text: Option<String>,
    pub complaint: Complaint,
}

/// Runs the agent's editor on a text, in a file that only the agent can read.
///
/// # Errors
/// The file cannot be written, or the editor does not start, fails or is killed;
/// then the file stays and the complaint names it.
pub(super) fn edit(data: &Path, text: &str) -> Result<Edited, EditFailure> {
    let wish = ["VISUAL", "EDITOR"].iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.trim().is_empty());
    edit_with(data, text, wish.as_deref())
}

fn edit_with(data: &Path, text: &str, wish: Option<&str>) -> Result<Edited, EditFailure> {
    let file = private_file(data, text).map_err(|error| {
        failure(None, format!("a file for the editor cannot be written below {}: {error}", data.display()), "Check space and rights.")
    })?;
    let path = file.path().to_owned();
    let outcome = command(wish).and_then(|mut command| {
        let status = command.arg(&path).status().map_err(|error| format!("the editor {command:?} does not start: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("the editor ended with {status}")) }
    });
    let left = fs::read_to_string(&path);
    match (outcome, left) {
        (Ok(()), Ok(text)) => Ok(Edited::Text(text)),
        (Ok(()), Err(error)) => Err(kept(file, None, format!("the edited text cannot be read, so the one before stays: {error}"))),
        (Err(why), left) => Err(kept(file, left.ok(), why)),
    }
}

/// A complaint that says where the text lies, which stays there.
fn kept(file: NamedTempFile, text: Option<String>, why: String) -> EditFailure {
    let place = file.path().to_owned();
    match file.keep() {
        Ok(_) => failure(text, why, &format!("The text is kept in {}; set $VISUAL or $EDITOR to another editor.", place.display())),
        Err(error) => failure(text, format!("{why}; and {} cannot be kept: {error}", place.display()), "Set $VISUAL or $EDITOR to another editor."),
    }
}

fn failure(text: Option<String>, what: String, remedy: &str) -> EditFailure {
    EditFailure { text, complaint: Complaint { what, remedy: remedy.to_owned() } }
}

/// A new file of mode 0600 in a folder of mode 0700.
fn private_file(data: &Path, text: &str) -> std::io::Result<NamedTempFile> {
    let folder = data.join("editing");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    let mut file = tempfile::Builder::new().prefix("text-").suffix(".md").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.flush()?;
    Ok(file)
}

/// The editor's program and arguments, split as a shell would and run without one.
fn command(wish: Option<&str>) -> Result<Command, String> {
    let words = match wish {
        Some(wish) => shell_words::split(wish).map_err(|error| format!("$VISUAL or $EDITOR is `{wish}`: {error}"))?,
        None => vec![usual().ok_or("no editor is set, and none of sensible-editor, nano, vi is installed")?],
    };
    let (program, arguments) = words.split_first().ok_or("no editor is set")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}

fn usual() -> Option<String> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let installed = |name: &&str| folders.iter().any(|folder| folder.join(name).is_file());
    ["sensible-editor", "nano", "vi"].iter().find(|name| installed(name)).map(|name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edited_text_comes_back_and_the_file_goes() {
        let data = tempfile::tempdir().unwrap();

        let edited = edit_with(data.path(), "one\n", Some("sed -i s/one/two/")).unwrap();

        assert_eq!(edited, Edited::Text("two\n".into()));
        assert_eq!(fs::read_dir(data.path().join("editing")).unwrap().count(), 0);
    }

    #[test]
    fn a_failing_editor_loses_nothing_and_says_where_the_text_is() {
        let data = tempfile::tempdir().unwrap();

        let failure = edit_with(data.path(), "precious", Some("false")).unwrap_err();

        assert_eq!(failure.text.as_deref(), Some("precious"));
        let kept = fs::read_dir(data.path().join("editing")).unwrap().next().unwrap().unwrap().path();
        assert!(failure.complaint.remedy.contains(&kept.display().to_string()), "{:?}", failure.complaint);
        assert_eq!(fs::read_to_string(kept).unwrap(), "precious");
    }

    #[test]
    fn a_text_that_is_no_utf8_is_not_taken_and_stays_in_its_file() {
        let data = tempfile::tempdir().unwrap();

        let failure = edit_with(data.path(), "precious", Some("sh -c 'printf \"\\377\" > \"$1\"' sh")).unwrap_err();

        assert_eq!(failure.text, None);
        assert!(failure.complaint.what.contains("cannot be read"), "{:?}", failure.complaint);
    }

    #[test]
    fn a_missing_editor_is_named() {
        let data = tempfile::tempdir().unwrap();

        let failure = edit_with(data.path(), "x", Some("no-such-editor --wait")).unwrap_err();

        assert!(failure.complaint.what.contains("no-such-editor"), "{:?}", failure.complaint);
    }

    #[test]
    fn the_file_is_for_its_owner_alone() {
        let data = tempfile::tempdir().unwrap();

        let file = private_file(data.path(), "x").unwrap();

        assert_eq!(fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(data.path().join("editing")).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn an_argument_is_never_seen_by_a_shell() {
        let data = tempfile::tempdir().unwrap();

        let failure = edit_with(data.path(), "x", Some("'unbalanced")).unwrap_err();

        assert!(failure.complaint.what.contains("unbalanced"), "{:?}", failure.complaint);
    }
}
