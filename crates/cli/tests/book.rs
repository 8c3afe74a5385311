//! The book holds together: every page is in the table of contents, every link of the documents leads somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// Targets of `](…)` and `{{#include …}}`, without anchors, titles and addresses of sites.
fn links(text: &str) -> Vec<&str> {
    let linked = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let included = text.split("{{#include ").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(target, _)| target);
    linked
        .chain(included)
        .filter_map(|target| target.split(['#', ' ']).next())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
        .collect()
}

#[test]
fn every_page_of_the_book_stands_in_its_table_of_contents() {
    let source = root().join("docs/src");
    let summary = std::fs::read_to_string(source.join("SUMMARY.md")).unwrap();
    let listed: BTreeSet<PathBuf> = links(&summary).into_iter().map(|link| source.join(link)).collect();
    let mut found = Vec::new();
    pages(&source, &mut found);
    let missing: Vec<_> =
        found.iter().filter(|page| !page.ends_with("SUMMARY.md") && !listed.contains(*page)).collect();
    assert!(missing.is_empty(), "not in docs/src/SUMMARY.md: {missing:#?}");
}

#[test]
fn every_link_leads_somewhere() {
    let mut documents = Vec::new();
    pages(&root().join("docs"), &mut documents);
    for name in ["README.md", "CONTRIBUTING.md", "SECURITY.md", "ARCHITECTURE.md", "STYLE.md", "CHANGELOG.md"] {
        documents.push(root().join(name));
    }
    let mut broken = Vec::new();
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let here = links(&text).into_iter().filter(|link| !folder.join(link).exists());
        broken.extend(here.map(|link| format!("{}: {link}", document.display())));
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}
