"""What is one's own and lies on no web page: tables in files, mail in boxes. Read in threads; it may block."""
