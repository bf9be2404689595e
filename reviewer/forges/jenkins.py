"""Jenkins: a multibranch job, or any job with a git checkout. It has no merge requests of its own, so nothing is posted.

Variables: https://www.jenkins.io/doc/book/pipeline/multibranch/#additional-environment-variables
"""

from __future__ import annotations

from reviewer.forges._names import branch, number, oid, remote_branch
from reviewer.forges.interface import Environment, Place


def detect(environment: Environment) -> Place | None:
    """What the environment says; None if this is not Jenkins."""
    if not environment.get("JENKINS_URL"):
        return None
    heads = (*oid(environment.get("GIT_COMMIT", "")), "HEAD")
    fetch = "In the Jenkinsfile's checkout: extensions: [cloneOption(shallow: false)], with the target in the refspec"
    target = environment.get("CHANGE_TARGET", "")
    if environment.get("CHANGE_ID"):
        asked = number(environment["CHANGE_ID"])
        return Place("jenkins", remote_branch(target), heads, branch(target), asked, fetch=fetch)
    before = oid(environment.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT", ""))
    return Place("jenkins", before, heads, branch(environment.get("BRANCH_NAME", "")), fetch=fetch)
