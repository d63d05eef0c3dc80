"""The report by e-mail: when it is due, what is written, who carries it."""
