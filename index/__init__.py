"""Passages become findable: embedder, store, vectors, words, fusion; `index.library.Library` is the front door."""
