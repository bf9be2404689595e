"""Who does what, and in which order: all hunks of a commit over all devices and models, inside the time that there is.

    work        the nouns: a job, a seat (a model on a device), a plan
    costs       how long a device takes for what it was given
    assigning   jobs to seats, so that the last device ends early
    pricing     a first assignment for many jobs
    planning    what is kept inside the budget, and what is deferred
    driving     carries a plan out; plans again when a device is slow or dies
    floor       what the driver needs of the devices and of the clock
    scripted    devices of a script, in virtual time
    threads     devices that run, in real time

Nothing here knows what a job is about. See docs/scheduler.md.
"""
