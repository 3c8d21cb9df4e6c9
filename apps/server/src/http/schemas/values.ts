import { z } from 'zod';
import { documentedAs } from './documented.ts';

/** RFC 3339; the zero time is `0001-01-01T00:00:00Z`. */
export const timeText = z.string().meta({ format: 'date-time' });
export const nullableTime = z.union([timeText, z.null()]);
/** Whole, 32 bits unsigned or less. */
export const count = documentedAs(z.number(), { type: 'integer' });
/** Whole, 64 bits: beyond what JavaScript's numbers keep. */
export const int64 = documentedAs(z.union([z.bigint(), z.number()]), { type: 'integer', format: 'int64' });
/** An object of strings. */
export const stringMap = z.record(z.string(), z.string());
export const nullableMap = z.union([stringMap, z.null()]);
