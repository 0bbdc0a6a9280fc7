"""The foundation that all packages of this project stand on; the host framework has no package of this name."""
