//! The providers' own packages for Node, which sign and verify in the tests. Where there is no Node those tests say so.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use local_stack::digest::sha256_hex;
use local_stack::layout::Layout;

/// What says which packages, beside the scripts that use them.
const LISTS: [&str; 2] = ["package.json", "package-lock.json"];

/// The folder `node_modules`, made if it is not there yet; or the reason why there is none. No script of a package's is run.
pub(crate) fn prepare(layout: &Layout) -> Result<PathBuf, String> {
    let (home, from) = (layout.tool("node"), layout.root().join("tests/it/sdk"));
    let (modules, marker) = (home.join("node_modules"), home.join(".complete"));
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    let lists = LISTS.map(|name| read(&from.join(name)).map(|text| (name, text)));
    let lists = lists.into_iter().collect::<Result<Vec<_>, _>>()?;
    let wanted = sha256_hex(&lists.iter().flat_map(|(_, text)| text.iter().copied()).collect::<Vec<_>>());
    if std::fs::read_to_string(&marker).is_ok_and(|made_from| made_from == wanted) {
        return Ok(modules);
    }
    let io = |error: std::io::Error| format!("{}: {error}", home.display());
    std::fs::create_dir_all(&home).map_err(io)?;
    for (name, text) in lists {
        std::fs::write(home.join(name), text).map_err(io)?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&home);
    let output = npm.stdin(Stdio::null()).output().map_err(|error| format!("npm: {error}"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(format!("npm failed: {}", text.lines().last().unwrap_or("no message")));
    }
    std::fs::write(&marker, wanted).map_err(io)?;
    Ok(modules)
}
