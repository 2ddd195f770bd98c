/** Version 1 of the Standard Schema interface, by its published type: https://standardschema.dev */
export interface StandardSchema<T> {
  readonly version: 1;
  readonly vendor: 'kgen';
  readonly validate: (value: unknown) => StandardResult<T>;
  readonly types?: { readonly input: T; readonly output: T } | undefined;
}

export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly PropertyKey[] | undefined;
}
