"""What rules tell of any text, without models: its terms, sentences, language, names, quantities, days and orders."""
