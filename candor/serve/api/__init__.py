"""What programs are answered: the same objects as the commands' ``--json``, under ``/api/v1``."""
