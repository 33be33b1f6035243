// Prints what the Bicep files named as arguments declare, as JSON: { FILE: { errors, params, vars, resources, modules, outputs, names, calls } }.
// Values that are literals come as JSON; a text with parts to fill in as { text }, anything else as { code }.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Language, Parser } from 'web-tree-sitter';

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(fileURLToPath(import.meta.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm'))));

const parts = node => node.namedChildren.filter(child => child.type !== 'comment');
const unquote = node => node.text.slice(1, -1).replaceAll("\\'", "'");

function value(node) {
  switch (node.type) {
    case 'string': return node.text.includes('${') ? { text: unquote(node) } : unquote(node);
    case 'number': return Number(node.text);
    case 'boolean': return node.text === 'true';
    case 'array': return parts(node).map(value);
    case 'object': return Object.fromEntries(parts(node).filter(child => child.type === 'object_property').map(property));
    default: return { code: node.text };
  }
}

function property(node) {
  const [key, ...rest] = parts(node);
  return [key.type === 'string' ? unquote(key) : key.text, value(rest.at(-1))];
}

function decorations(node) {
  const decorators = node.previousNamedSibling?.type === 'decorators' ? parts(node.previousNamedSibling) : [];
  return Object.fromEntries(decorators.map(decorator => {
    const [name, args] = parts(parts(decorator)[0]);
    return [name.text, parts(args).map(value)[0] ?? true];
  }));
}

// A resource's or module's body, which may be in an if or a for.
function body(node) {
  if (node.type === 'if_statement')
    return { condition: parts(node)[0].text, body: value(parts(node).at(-1)) };
  return { body: value(node.type === 'for_statement' ? parts(node).at(-1) : node) };
}

function describe(source) {
  const file = { errors: [], params: {}, vars: {}, resources: {}, modules: {}, outputs: {}, names: [], calls: [] };
  const root = parser.parse(source).rootNode;
  for (const node of root.namedChildren) {
    const [name, second, ...rest] = parts(node);
    switch (node.type) {
      case 'parameter_declaration':
        file.params[name.text] = { type: second.text, decorations: decorations(node), ...(rest.length > 0 ? { default: value(rest[0]) } : {}) };
        break;
      case 'variable_declaration':
        file.vars[name.text] = value(second);
        break;
      case 'resource_declaration':
        file.resources[name.text] = { type: unquote(second), ...body(rest.at(-1)) };
        break;
      case 'module_declaration':
        file.modules[name.text] = { path: unquote(second), ...body(rest.at(-1)) };
        break;
      case 'output_declaration':
        file.outputs[name.text] = { type: second.text, decorations: decorations(node), value: value(rest[0]) };
        break;
    }
  }

  walk(root, file);
  return file;
}

// Faults of the syntax, and which names are used and which functions called.
function walk(node, file) {
  if (node.isError || node.isMissing)
    file.errors.push(`${node.startPosition.row + 1}:${node.startPosition.column + 1}: ${node.isMissing ? 'something is missing' : node.text.slice(0, 60)}`);
  if (node.type === 'identifier') {
    const first = parts(node.parent)[0].equals(node);
    if (node.parent.type === 'call_expression' && first)
      file.calls.push(node.text);
    else if (!(first && (node.parent.type === 'object_property' || node.parent.type === 'for_statement' || node.parent.type.endsWith('_declaration'))) && !isLoopName(node))
      file.names.push(node.text);
  }

  node.children.forEach(child => walk(child, file));
}

function isLoopName(node) {
  for (let parent = node.parent; parent; parent = parent.parent) {
    if (parent.type === 'for_statement' && parts(parent)[0].text === node.text)
      return true;
  }
  return false;
}

console.log(JSON.stringify(Object.fromEntries(process.argv.slice(2).map(file => [file, describe(readFileSync(file, 'utf8'))]))));
