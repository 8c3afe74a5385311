//! What the demo says when it is ready.

use std::path::Path;

use super::cast::Link;

const TRY: &str = "\
What to try first, as the principal:
  1. New message, and choose the template \"School closing\"
  2. Review: who gets what, who is left out and why
  3. Send, and watch it arrive; then open the report
Then, as the registrar: Roster, and drop the zip of this folder in again: nothing changes.
";

/// Links to sign in with, and what to try.
pub fn welcome(base_url: &str, (links, family): (&[Link], &str), file: &Path) -> String {
    let links: String = links.iter().map(line).collect();
    let file = file.display();
    format!(
        "\nSchoolbell is ready on {base_url}. Nothing leaves this machine: carriers are played inside.\n\n\
         Sign in with one of these links (each works once; another start prints new ones):\n\n\
         {links}  A mother of two children at two schools\n      {family}\n\n{TRY}\nMore: schoolbell doctor --config {file}\nStop it with Ctrl-C.\n"
    )
}

fn line(link: &Link) -> String {
    format!("  {}, {} ({})\n      {}\n", link.role.plain(), link.name, link.place, link.url)
}
