"""Plain code in twelve languages, the same at every call, for measurements that need a lot of it."""

from __future__ import annotations

import random
import re

WORDS = re.findall(
    r"\w+",
    """
account address amount append buffer cache call cancel channel check child client close code color column command config
connection content context copy count create current cursor data date default delete depth detail digest document element
encode entry error event execute field file filter find first flag format frame group handle hash header height host image
index info input item join key label language last length level limit line link list load local lock login map match member
message method mode model name next node number object offset open option order output page parent parse part password path
pattern payload point port prefix print process profile query queue random range read record redirect remove render replace
request reset resource response result role root route row run save scale score search secret section select send sequence
server session set size sort source split start state status step store stream string style submit suffix table target task
template text thread time title token total trace type update upload url user value verify version view visible weight width
window word write yaml zone
""",
)
"""What names in programs are made of."""

CODE = {
    "py": """
def A_B(C, D=7):
    E = []
    for F in C.G(D):
        if F is None or F.H > D:
            continue
        E.append("A B: %s" % F.G)
    return E

""",
    "js": """
function AB(C, D = 7) {
  const E = [];
  for (const F of C.G(D)) {
    if (!F || F.H > D) continue;
    E.push(`A B: ${F.G}`);
  }
  return E;
}
""",
    "ts": """
export function AB(C: D[], E = 7): string[] {
  return C.filter((F) => F.G > E).map((F) => F.H + "A");
}
""",
    "go": """
func AB(C []string, D int) ([]string, error) {
	var E []string
	for _, F := range C {
		if len(F) > D {
			return nil, fmt.Errorf("G H: %w", err7)
		}
		E = append(E, F)
	}
	return E, nil
}
""",
    "java": """
class AB7 {
    private final Map<String, Integer> C = new HashMap<>();

    int D(String E, int F) {
        if (E == null || C.get(E) == null) {
            return F;
        }
        return this.C.get(E) + 7;
    }
}
""",
    "php": """
function A_B(array $C, int $D = 7): array
{
    $E = [];
    foreach ($C as $F) {
        if ($F->G() > $D) {
            $E[] = 'H: ' . $F->G();
        }
    }
    return $E;
}
""",
    "rb": """
def A_B(C, D = 7)
  C.select { |F| F.G > D }.map do |F|
    next if F.H.nil?
    "E: #{F.H}"
  end
end
""",
    "cs": """
public class AB7
{
    private readonly List<string> C = new();

    public int D(string E, int F = 7)
    {
        foreach (var G in C)
        {
            if (G == E) return F;
        }
        return 0;
    }
}
""",
    "c": """
static int A_B(const char *C, size_t D)
{
    size_t E = 0;
    while (E < D && C[E] != '0') {
        if (C[E] == '7')
            return -1;
        E++;
    }
    return (int)E;
}
""",
    "rs": """
fn A_B(C: &[String], D: usize) -> Option<String> {
    for E in C.iter() {
        if E.len() > D {
            return Some(format!("G {} 7", E));
        }
    }
    None
}
""",
    "kt": """
fun AB(C: List<String>, D: Int = 7): List<String> {
    return C.filter { it.length > D }.map { "G $it" }
}
""",
    "sh": """
A_B() {
    local C="$1"
    for D in "$C"/*; do
        [ -f "$D" ] || continue
        echo "E 7: $D"
    done
}
""",
}
"""One function or class of every language, by the ending of its files; A to H are names, 7 is a number."""

HEADS = {"go": "package main\n", "php": "<?php\n", "sh": "#!/bin/sh\n"}

_NAME = re.compile(r"(?<![A-Za-z])[A-H]{1,2}(?![A-Za-z])|7")


def plain_files(count: int, size: int) -> dict[str, str]:
    """Files of about `size` bytes by path, their languages in turn."""
    chance = random.Random(count)
    files = {}
    for number in range(count):
        ending = list(CODE)[number % len(CODE)]
        parts = [HEADS.get(ending, "")]
        while sum(map(len, parts)) < size:
            parts.append(_filled(CODE[ending], chance))
        files[f"src/part{number:03d}.{ending}"] = "".join(parts)
    return files


def _filled(code: str, chance: random.Random) -> str:
    names = dict(zip("ABCDEFGH", chance.sample(WORDS, 8), strict=True)) | {"7": str(chance.randrange(1000))}
    return _NAME.sub(lambda found: "".join(names[letter] for letter in found[0]), code)
