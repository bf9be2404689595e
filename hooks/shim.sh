#!/bin/sh
# Hunkgate's @NAME@ hook, written by 'hunkgate init'. 'hunkgate init --uninstall' removes it and puts back what was here.
name='@NAME@'
python=@PYTHON@
site=@SITE@

case $0 in
*/*) before="${0%/*}/$name.before-hunkgate" ;;
*) before="./$name.before-hunkgate" ;;
esac

# Two programs read what git says to these hooks: the hook that was here before, and ours.
input=
case $name in
pre-push | pre-receive | post-receive | post-rewrite | reference-transaction) reads=yes ;;
*) reads= ;;
esac
replace=
with_input() {
    if [ "$reads" ]; then
        printf '%s' "$input" | "$@"
    else
        $replace "$@"
    fi
}
read_input() {
    if [ "$reads" ]; then
        input=$(cat && echo .)
        input=${input%.}
    fi
}

# Whether something was left for the hooks that run when a commit is there. In most cases it is a tree and its base, and git tells
# in 3 ms that they are those of the commit; Python would take 100.
something_left() {
    folder=${GIT_DIR:-.git}
    if [ -f "$folder" ]; then
        read -r _ folder < "$folder"
    fi
    set -- "$folder"/hunkgate/waiting/*.json
    if [ -e "$1" ]; then
        case $#$1 in
        1*.note.json) return 0 ;;
        1*) ;;
        *) return 0 ;;
        esac
        text=
        read -r text < "$1"
        trees=$(git rev-parse -q --verify 'HEAD^{tree}' && git rev-parse -q --verify 'HEAD^1^{tree}')
        set -- "$1" $trees
        [ "$text" = "{\"tree\": \"$2\", \"base\": \"$3\", \"line\": \"\"}" ] || return 0
        rm -f "$1"
        return 1
    fi
    [ ! -d "$folder/rebase-merge" ] || return 1
    set -- "$folder"/hunkgate/attempts/*.json
    [ -e "$1" ]
}

case $name in
post-commit | post-rewrite | reference-transaction)
    # What git asks here is done already, or is not for us to stop: only the hook that was here before has a say.
    if [ -x "$before" ]; then
        read_input
        with_input "$before" "$@"
        code=$?
    else
        code=0
    fi
    case $name-$1 in
    post-commit-*) something_left || exit $code ;;
    post-rewrite-rebase) ;;
    reference-transaction-committed) something_left || exit $code ;;
    *) exit $code ;;
    esac
    [ -x "$python" ] || exit $code
    [ "$input" ] || read_input
    ;;
*)
    read_input
    if [ -x "$before" ]; then
        with_input "$before" "$@" || exit $?
    fi
    code=
    replace=exec
    ;;
esac

# -I: nothing of this repository is imported, whatever PYTHONPATH says.
start='import sys
site_folder = sys.argv.pop(1)
if site_folder:
    import site
    site.addsitedir(site_folder)
try:
    from reviewer.cli import main
except ModuleNotFoundError as error:
    sys.exit(f"hunkgate: {sys.executable} cannot run it any more ({error}); install hunkgate again, then run: hunkgate init")
sys.exit(main())'

if [ -x "$python" ]; then
    with_input "$python" -I -c "$start" "$site" hook "$name" "$@"
    exit ${code:-$?}
fi

# The interpreter is gone. Relative entries of PATH would name programs of this repository.
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP
set -f
IFS=:
for folder in $PATH; do
    case $folder in
    /*)
        if [ -x "$folder/hunkgate" ]; then
            unset IFS
            with_input "$folder/hunkgate" hook "$name" "$@"
            exit $?
        fi
        ;;
    esac
done
unset IFS

{
    echo "hunkgate: nothing was reviewed: $python is gone, and there is no hunkgate on PATH"
    echo "  Install hunkgate again and run 'hunkgate init' in this repository."
    if [ -e "$before" ]; then
        echo "  Or remove this hook: mv '$before' '$0'"
    else
        echo "  Or remove this hook: rm '$0'"
    fi
} >&2
exit 1
