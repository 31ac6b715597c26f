#!/bin/bash
echo "KITCHEN=blue" >> "$WORKSHOP_ENV"
echo "The oven is cold" >&2
exit 1
