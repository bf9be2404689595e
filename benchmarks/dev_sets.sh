#!/usr/bin/env bash
# Scores the gate and its peers on evaluation sets: benchmarks/dev_sets.sh FOLDER_WITH_SCORE_AND_DATA [SET...]
# The folder holds score/score.py and data/dev/*.jsonl.xz; neither is part of this repository.
set -euo pipefail
shared=$1
shift
gate=hunkgate:--reviewers=rules,secrets,analyzers
score() { printf '%s\n' "--- $*"; python "$shared/score/score.py" "$shared/data/dev/$1.jsonl.xz" "${@:2}"; }
wanted() { [ ${#sets[@]} -eq 0 ] || [[ " ${sets[*]} " == *" $1 "* ]]; }
sets=("$@")

wanted pyvul_cve && score pyvul_cve --core --lang python --kind security "$gate" bandit ruff
wanted bugsinpy && score bugsinpy --core "$gate" ruff
wanted debugbench && score debugbench --lang python "$gate" ruff
wanted condefects && score condefects --lang python "$gate" ruff
wanted securityeval && score securityeval --kind security "$gate" bandit
wanted owasp_python && score owasp_python --kind security "$gate" bandit
wanted owasp_java && score owasp_java --kind security "$gate"
wanted sonar_python && score sonar_python --kind security,bug "$gate" ruff bandit
wanted semgrep_fixtures && score semgrep_fixtures --kind security,bug "$gate"
wanted gosec_samples && score gosec_samples "$gate"
wanted cyberseceval && score cyberseceval --kind security "$gate"
wanted creddata && score creddata --kind secret --tol 0 "$gate" detect-secrets
wanted secret_fixtures && score secret_fixtures --kind secret --tol 0 "$gate" detect-secrets
exit 0
