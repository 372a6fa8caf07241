"""What became of the cards: figures, tables, pictures and a page."""
