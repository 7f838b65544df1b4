/** A fenced block. Wide lines scroll by themselves, also by keyboard. */
export function CodeBlock({ text, language }: { readonly text: string; readonly language: string }) {
  const name = /^[\w+#.-]{1,20}/.exec(language)?.[0];
  return (
    <figure class="code">
      {name !== undefined && <figcaption>{name}</figcaption>}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
