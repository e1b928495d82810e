"""The history of tickets' tables; scripts are named by the date of deployment."""
