"""How the server is: checks, recent troubles, and what became of a few numbers over a day.

health      the state of the server as one value
report      what that is
told        what one process says of it, and several together
company     the other processes
checks      each looks at one part of the server
check       what a look found, and since when
background  whether somebody does what is to be done once
standby     channels that have shown only their slate for too long
troubles    the warnings and errors of the log
remedies    what each means for a person, and what to do
history     what is remembered of the last day
series      numbers over a day, in a few kilobytes each
archive     the file that keeps the history
"""
