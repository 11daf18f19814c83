/** The links of a Markdown page, and the headings that links lead to. */

/** Targets of links and pictures inside the package; addresses of other hosts are left out. Code shows no links. */
export function linksOf(page: string): string[] {
  const prose = withoutCode(page).replaceAll(/`[^`\n]*`/g, "``");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link).filter(
    (link) => !/^[a-z]+:/.test(link),
  );
}

/** The anchors of a page's headings, as GitHub makes them. */
export function headingsOf(page: string): string[] {
  const seen = new Map<string, number>();
  return Array.from(withoutCode(page).matchAll(/^#+ (.+)$/gm), ([, heading = ""]) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

function withoutCode(page: string): string {
  return page.replaceAll(/^```[^]*?^```$/gm, "");
}
