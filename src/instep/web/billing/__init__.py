"""The pages of money: work in progress, invoices, credit notes and payments."""
