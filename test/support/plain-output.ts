// What programs print is compared with plain text, whatever CI says of colours.
delete process.env['FORCE_COLOR'];
