//! Where things lie. Everything that this program writes is below `target/`.

use std::path::{Path, PathBuf};

/// The paths of one local stack.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    home: PathBuf,
}

impl Layout {
    /// The stack of `cargo local up`, at home in `target/local`.
    pub fn of_workspace() -> Self {
        let root = workspace_root();
        let home = root.join("target/local");
        Self { root, home }
    }

    /// Another stack beside it, such as the one that the tests start: `target/local/<name>`.
    pub fn named(name: &str) -> Self {
        let base = Self::of_workspace();
        let home = base.home.join(name);
        Self { root: base.root, home }
    }

    /// The workspace's top directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of this stack's state.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The SAM template that is deployed.
    pub fn template(&self) -> PathBuf {
        self.root.join("infra/template.yaml")
    }

    /// The folder that has one function's crate in each sub-folder.
    pub fn functions(&self) -> PathBuf {
        self.root.join("functions")
    }

    /// Where `<function>/bootstrap` is staged; the template's `CodeUri`s point here.
    pub fn staged(&self) -> PathBuf {
        self.root.join("target/lambda")
    }

    /// The launcher and the lists of Python packages.
    pub fn engine_sources(&self) -> PathBuf {
        self.root.join("infra/local/engine")
    }

    /// The private Python environment, shared by all stacks of this clone.
    pub fn venv(&self) -> PathBuf {
        self.root.join("target/local/venv")
    }

    /// The private Python environment of another tool.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.root.join("target/local").join(name)
    }

    /// DynamoDB Local as unpacked for the tests.
    pub fn dynamodb_local(&self) -> PathBuf {
        self.root.join("target/local/dynamodb-local")
    }

    /// The engine's process and what is deployed to it.
    pub fn engine_state(&self) -> PathBuf {
        self.home.join("engine.json")
    }

    /// What the roles of this stack may do (see [`crate::access`]).
    pub fn grants(&self) -> PathBuf {
        self.home.join("grants.json")
    }

    /// What they did.
    pub fn calls(&self) -> PathBuf {
        self.home.join("calls.jsonl")
    }

    /// What functions said to other services than their tables and secrets.
    pub fn said(&self) -> PathBuf {
        self.home.join("said.jsonl")
    }

    /// What the engine printed.
    pub fn engine_log(&self) -> PathBuf {
        self.home.join("engine.log")
    }

    /// The engine's own temporary files, among them the unpacked functions.
    pub fn engine_tmp(&self) -> PathBuf {
        self.home.join("tmp")
    }

    /// The functions' packages by the hash of their content, shared by all stacks of this clone.
    pub fn packages(&self) -> PathBuf {
        self.root.join("target/local/packages")
    }

    /// The random tokens and keys of this stack.
    pub fn secrets(&self) -> PathBuf {
        self.home.join("secrets.json")
    }

    /// The addresses and credentials for clients and tests.
    pub fn stack_file(&self) -> PathBuf {
        self.home.join("stack.json")
    }
}

/// The workspace around the package that Cargo runs. What was compiled in is only the last resort: clones that share a target
/// directory share this program too.
fn workspace_root() -> PathBuf {
    let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR"));
    let running = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let is_root = |folder: &&Path| folder.join("infra/local/Cargo.toml").is_file();
    let found = running.as_deref().and_then(|running| running.ancestors().find(is_root));
    found.or_else(|| compiled_in.ancestors().find(is_root)).unwrap_or(compiled_in).to_path_buf()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::Layout;

    #[test]
    fn the_root_is_the_workspace() {
        let layout = Layout::of_workspace();
        assert!(layout.root().join("Cargo.lock").is_file());
        assert!(layout.functions().join("intake/Cargo.toml").is_file());
        assert!(layout.stack_file().ends_with("target/local/stack.json"));
    }

    #[test]
    fn another_stack_has_files_of_its_own_and_the_same_python() {
        let (own, other) = (Layout::of_workspace(), Layout::named("tests"));
        assert_ne!(own.engine_state(), other.engine_state());
        assert_eq!(own.venv(), other.venv());
    }
}
