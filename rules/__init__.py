"""The law: rules as data. No code lives here; the package exists so that an editable install can find the files."""
