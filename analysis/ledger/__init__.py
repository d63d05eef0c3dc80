"""What people enter by hand: fixes, wishes, acknowledgements, corrections, erasures, and the log that keeps it honest.

Nothing here deletes or relabels without a reason; what does is written to the audit log before and after.
"""
