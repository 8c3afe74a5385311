//! What STYLE.md asks of every file and a compiler does not see.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The cap of STYLE.md §2: lines of code, so tests, comments and blank lines are not counted.
const LONGEST: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files that git knows or would know, relative to the root.
fn files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["-C"])
        .arg(root())
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output();
    let listed = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let files: Vec<PathBuf> = listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    files.into_iter().filter(|file| root().join(file).is_file()).collect()
}

/// Text files of the tree with their text; what is not UTF-8 is no text.
fn texts(wanted: impl Fn(&Path) -> bool) -> Vec<(PathBuf, String)> {
    let mut texts = Vec::new();
    for file in files().into_iter().filter(|file| wanted(file)) {
        if let Ok(text) = std::fs::read_to_string(root().join(&file)) {
            texts.push((file, text));
        }
    }
    texts
}

fn is_rust(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rs")
}

/// Under a `src` folder and no module of tests: what the program is made of.
fn is_source(file: &Path) -> bool {
    let tests = file.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
    is_rust(file) && !tests && file.components().any(|part| part.as_os_str() == "src")
}

/// Lines before the first test module that are neither blank nor a comment.
fn lines_of_code(text: &str) -> usize {
    let code = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).map(str::trim);
    code.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_tree_is_seen() {
    let rust = files().into_iter().filter(|file| is_source(file)).count();
    assert!(rust > 50, "only {rust} source files were found: is git here?");
}

#[test]
fn no_file_is_longer_than_the_cap() {
    let wrong: Vec<String> = texts(is_source)
        .into_iter()
        // A table of data may be longer; it says so in its first line.
        .filter(|(_, text)| !text.starts_with("//! Table: "))
        .map(|(file, text)| (file, lines_of_code(&text)))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{}: {lines} lines; split it by question", file.display()))
        .collect();
    report(&wrong);
}

#[test]
fn every_file_says_what_it_holds() {
    let wrong: Vec<String> = texts(is_source)
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(file, _)| format!("{}: begins without a module doc", file.display()))
        .collect();
    report(&wrong);
}

#[test]
fn examples_in_docs_are_read_and_not_run() {
    // The libraries have no doctests: a program linked for each example costs minutes and shows what a test shows.
    let mut wrong = Vec::new();
    for (file, text) in texts(is_source) {
        let fences = text.lines().enumerate().filter_map(|(at, line)| {
            let doc = line.trim().strip_prefix("///").or_else(|| line.trim().strip_prefix("//!"))?;
            Some((at, doc.trim().strip_prefix("```")?))
        });
        for (at, kind) in fences.step_by(2).filter(|(_, kind)| !["ignore", "text"].contains(kind)) {
            wrong.push(format!("{}:{}: ```{kind}: make it a test, or ```text", file.display(), at + 1));
        }
    }
    report(&wrong);
}

#[test]
fn what_is_left_to_do_names_its_issue() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let mut wrong = Vec::new();
    for (file, text) in texts(|file| is_rust(file) || file.extension().is_some_and(|extension| extension == "html")) {
        for (index, line) in text.lines().enumerate() {
            let marked = marks.iter().any(|mark| {
                line.match_indices(mark).any(|(at, _)| {
                    let word = |c: char| c.is_alphanumeric() || c == '_';
                    let whole = !line[..at].ends_with(word) && !line[at + mark.len()..].starts_with(word);
                    whole && !line[at + mark.len()..].starts_with("(#")
                })
            });
            if marked {
                wrong.push(format!("{}:{}: {}", file.display(), index + 1, line.trim()));
            }
        }
    }
    report(&wrong);
}

#[test]
fn no_path_of_somebodys_machine_stands_in_the_tree() {
    let marks = [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
    let mut wrong = Vec::new();
    for (file, text) in texts(|file| !file.ends_with("Cargo.lock") && !file.ends_with("package-lock.json")) {
        for (index, line) in text.lines().enumerate() {
            // A route or a folder of the same name inside the project is longer on its left.
            let found = marks.iter().any(|mark| {
                line.match_indices(mark)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}*".contains(c)))
            });
            if found {
                wrong.push(format!("{}:{}: {}", file.display(), index + 1, line.trim()));
            }
        }
    }
    report(&wrong);
}

#[test]
fn scripts_can_be_started() {
    use std::os::unix::fs::PermissionsExt;
    let wrong: Vec<String> = texts(|file| file.starts_with("scripts") || file.starts_with(".ci"))
        .into_iter()
        .filter(|(_, text)| text.starts_with("#!"))
        .filter(|(file, _)| {
            std::fs::metadata(root().join(file)).is_ok_and(|metadata| metadata.permissions().mode() & 0o100 == 0)
        })
        .map(|(file, _)| format!("{}: is not executable", file.display()))
        .collect();
    report(&wrong);
}
