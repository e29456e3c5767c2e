export const BUILT_IN: Record<string, { template?: string; properties?: string[] }>;
