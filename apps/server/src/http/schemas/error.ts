import { z } from 'zod';
import { API_ERROR_CODES } from '../error-codes.ts';
import { count } from './values.ts';

const findingKeys = {
  error: z.string().meta({ description: "The original's text, or a sentence" }),
  code: z.enum(API_ERROR_CODES),
  field: z.string().meta({ description: 'Path of the value, query key or header; empty = the whole' }),
  value: z.string().optional().meta({ description: 'As sent, at most 200 characters' }),
  allowed: z.union([z.string(), z.null()]),
  column: z.union([count, z.null()]).meta({ description: '1-based place of the fault in the value' }),
};

const finding = z
  .strictObject(findingKeys)
  .meta({ id: 'Problem', description: 'One thing that is wrong with a request' });

export const error = z
  .strictObject({ ...findingKeys, problems: z.array(finding).meta({ description: 'All findings, the first one too' }) })
  .meta({ id: 'Error' });
