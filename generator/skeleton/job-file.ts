import {
  type CallExpression,
  type Expression,
  Node,
  type ObjectLiteralExpression,
  Project,
  type SourceFile,
  SyntaxKind,
  ts,
} from 'ts-morph';

import { ON_TIMER, timerPath } from './handlers.ts';

/** Why kgen cannot say, or change, what a job file's handlers are. */
export interface JobFileProblem {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

/** A job file, parsed. This module loads ts-morph: import it only when a file is to be changed, or cannot be read otherwise. */
export interface JobFile {
  readonly source: SourceFile;
  /** The object literal the job's function is called with. */
  readonly handlers: ObjectLiteralExpression;
  /** The object literal with the handlers of timers; undefined where there is none, or it is something else. */
  readonly timers: ObjectLiteralExpression | undefined;
  /** Names of the handlers, those of spread objects in the same file included; those of timers by their paths. */
  readonly names: ReadonlySet<string>;
  /** Spreads and computed names that may hold handlers kgen cannot see, as written. */
  readonly unseen: readonly string[];
}

/** Parses a job file and finds the call of the job's function, by whatever name it was imported. */
export function parseJobFile(text: string, functionName: string): JobFile | JobFileProblem {
  const project = new Project({
    useInMemoryFileSystem: true,
    compilerOptions: { noLib: true, noResolve: true, target: ts.ScriptTarget.ESNext },
  });
  const source = project.createSourceFile('/job.ts', text);
  const [error] = project.getProgram().compilerObject.getSyntacticDiagnostics(source.compilerNode);
  if (error !== undefined) {
    const message = ts.flattenDiagnosticMessageText(error.messageText, ' ').replace(/\.$/, '');
    return { ...position(source, error.start), reason: `the file does not parse: ${message}` };
  }
  const calls = findCalls(source, functionName);
  const [call, other] = calls;
  if (call === undefined) {
    return { line: 1, column: 1, reason: `nothing in this file calls ${functionName} as imported` };
  }
  if (other !== undefined) {
    return { ...position(source, other.getStart()), reason: `${functionName} is called more than once in this file` };
  }
  const argument = call.getArguments()[0];
  const handlers = argument === undefined ? undefined : bare(argument);
  if (handlers === undefined || !Node.isObjectLiteralExpression(handlers)) {
    const at = position(source, (argument ?? call).getStart());
    return { ...at, reason: `${functionName} is not called with an object literal` };
  }
  const names = new Set<string>();
  const unseen: string[] = [];
  collectNames(handlers, names, unseen, new Set());
  return { source, handlers, timers: timersIn(handlers, names, unseen), names, unseen };
}

function findCalls(source: SourceFile, functionName: string): readonly CallExpression[] {
  const functions = new Set<string>();
  const namespaces = new Set<string>();
  for (const declaration of source.getImportDeclarations()) {
    for (const named of declaration.getNamedImports()) {
      if (named.getName() === functionName) functions.add(named.getAliasNode()?.getText() ?? functionName);
    }
    const namespace = declaration.getNamespaceImport()?.getText();
    if (namespace !== undefined) namespaces.add(namespace);
  }
  for (const declaration of source.getDescendantsOfKind(SyntaxKind.ImportEqualsDeclaration)) {
    namespaces.add(declaration.getName());
  }
  return source.getDescendantsOfKind(SyntaxKind.CallExpression).filter((call) => {
    const callee = call.getExpression();
    if (Node.isIdentifier(callee)) return functions.has(callee.getText());
    return (
      Node.isPropertyAccessExpression(callee) &&
      callee.getName() === functionName &&
      namespaces.has(callee.getExpression().getText())
    );
  });
}

/** The expression without parentheses, `as`, `satisfies`, `!` and type assertions. */
function bare(node: Node): Node {
  if (
    Node.isParenthesizedExpression(node) ||
    Node.isAsExpression(node) ||
    Node.isSatisfiesExpression(node) ||
    Node.isNonNullExpression(node) ||
    Node.isTypeAssertion(node)
  ) {
    return bare(node.getExpression());
  }
  return node;
}

function collectNames(object: ObjectLiteralExpression, names: Set<string>, unseen: string[], visited: Set<Node>): void {
  visited.add(object);
  for (const property of object.getProperties()) {
    if (Node.isSpreadAssignment(property)) {
      const spread = resolveLocally(property.getExpression());
      if (spread === undefined || visited.has(spread)) unseen.push(property.getText());
      else collectNames(spread, names, unseen, visited);
      continue;
    }
    const name = property.getNameNode();
    if (!Node.isComputedPropertyName(name)) {
      names.add(
        Node.isStringLiteral(name) || Node.isNoSubstitutionTemplateLiteral(name)
          ? name.getLiteralText()
          : name.getText(),
      );
      continue;
    }
    const computed = name.getExpression();
    if (Node.isStringLiteral(computed)) names.add(computed.getLiteralText());
    else unseen.push(name.getText());
  }
}

/** The handlers of timers, in a literal of their own. Those that cannot be seen are `unseen`. */
function timersIn(
  handlers: ObjectLiteralExpression,
  names: Set<string>,
  unseen: string[],
): ObjectLiteralExpression | undefined {
  const property = handlers.getProperty(ON_TIMER);
  if (property === undefined) {
    // A spread brings them: they are not for kgen to change.
    if (names.has(ON_TIMER)) unseen.push(ON_TIMER);
    return undefined;
  }
  const value = Node.isPropertyAssignment(property) ? property.getInitializer() : undefined;
  const timers = value === undefined ? undefined : resolveLocally(value);
  if (timers === undefined) {
    unseen.push(ON_TIMER);
    return undefined;
  }
  const own = new Set<string>();
  collectNames(timers, own, unseen, new Set());
  for (const name of own) names.add(timerPath(name));
  return timers;
}

/** The object literal that an expression is, or that the file's constant of that name holds. */
function resolveLocally(expression: Expression): ObjectLiteralExpression | undefined {
  const node = bare(expression);
  if (Node.isObjectLiteralExpression(node)) return node;
  if (!Node.isIdentifier(node)) return undefined;
  const declaration = node.getSourceFile().getVariableDeclaration(node.getText());
  const initializer =
    declaration?.getVariableStatement()?.getDeclarationKind() === 'const' ? declaration.getInitializer() : undefined;
  const value = initializer === undefined ? undefined : bare(initializer);
  return value !== undefined && Node.isObjectLiteralExpression(value) ? value : undefined;
}

function position(source: SourceFile, offset: number): { readonly line: number; readonly column: number } {
  return source.getLineAndColumnAtPos(offset);
}
