#!/bin/sh
# Hunkgate's @NAME@ hook, written by 'hunkgate init'. 'hunkgate init --uninstall' removes it and puts back what was here.
name='@NAME@'
python=@PYTHON@
site=@SITE@

case $0 in
*/*) before="${0%/*}/$name.before-hunkgate" ;;
*) before="./$name.before-hunkgate" ;;
esac

# Two programs read what git says on a push: the hook that was here before, and ours.
input=
if [ "$name" = pre-push ]; then
    input=$(cat && echo .)
    input=${input%.}
fi
replace=
with_input() {
    if [ "$name" = pre-push ]; then
        printf '%s' "$input" | "$@"
    else
        $replace "$@"
    fi
}

if [ -x "$before" ]; then
    with_input "$before" "$@" || exit $?
fi
replace=exec

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
    exit $?
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
